import { Collection } from 'mongodb'

const WRITES = ['insertOne', 'insertMany', 'bulkWrite', 'updateOne', 'replaceOne'] as const

/** For processes that a test starts: SIGKILL right after this process's first write to a collection, before it hears of it. */
export function dieAfterWrite(collection: string): void {
  const prototype = Collection.prototype as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>
  for (const write of WRITES) {
    const real = prototype[write]
    if (real === undefined) throw new Error(`the driver has no ${write}`)
    prototype[write] = async function (this: Collection, ...given) {
      const reply = await real.apply(this, given)
      if (this.collectionName !== collection) return reply
      process.kill(process.pid, 'SIGKILL')
      // the signal may take a moment; nothing more must happen until then
      return new Promise(() => undefined)
    }
  }
}
