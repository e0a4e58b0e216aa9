import { z } from 'zod'
import type { CollectionPointer, FeedPosition, Generation } from './collection-port.js'

/** What documents must look like as they come back from MongoDB. */
const count = z.int().nonnegative()
const text = z.string()

export const generationDocument = z.object({
  collection: text,
  name: text,
  hash: text,
  run: text,
  status: z.enum(['writing', 'complete']),
  createdAtMs: z.int(),
  completedAtMs: z.int().nullable(),
  loaded: count,
  rejected: count,
  checksum: text.nullable(),
  analysis: z.enum(['nori', 'bigram']).nullable(),
}) satisfies z.ZodType<Generation>

export const pointerDocument = z.object({
  collection: text,
  generation: text,
  previous: text.nullable(),
  sequence: z.int().positive(),
  switchedAtMs: z.int(),
}) satisfies z.ZodType<CollectionPointer>

export const positionDocument = z.object({
  partition: count,
  next: count,
  timeMs: z.number(),
}) satisfies z.ZodType<FeedPosition & { readonly partition: number }>

export const storedDocument = z.object({ _id: text, value: z.record(z.string(), z.unknown()) })
export const placedDocument = z.object({ _id: text, lat: z.number(), lon: z.number() })
