import { type Collection, MongoBulkWriteError, MongoServerError } from 'mongodb'

/** Documents are looked up and written by ids made from their content, so that every write may be repeated. */
export type Doc = { _id: string } & Record<string, unknown>

const DUPLICATE_KEY = 11000

/** Inserts a document; false where one with its id exists. */
export async function insertOnce(collection: Collection<Doc>, document: Doc): Promise<boolean> {
  try {
    await collection.insertOne(document)
    return true
  } catch (failure) {
    if (failure instanceof MongoServerError && failure.code === DUPLICATE_KEY) return false
    throw failure
  }
}

/** For writes of what may be there already; any other failure among them is thrown. */
export function ignoreDuplicates(failure: unknown): void {
  if (failure instanceof MongoBulkWriteError) {
    const errors = Array.isArray(failure.writeErrors) ? failure.writeErrors : [failure.writeErrors]
    if (errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY)) return
  }
  throw failure
}
