export { crc32 } from './crc32.js'
export { type ExclusiveProducer, openExclusiveProducer, type ProduceTogether } from './exclusive-producer.js'
export type { LogOptions } from './kafka-log.js'
export { openLog } from './kafka-log.js'
export type {
  ConsumeOptions,
  LogBatch,
  LogConsumer,
  LogRecord,
  LogStore,
  ProduceRecord,
  ReadRangeOptions,
  TopicSettings,
} from './log-port.js'
export { LostRangeError } from './log-port.js'
export { parseOffset } from './offset.js'
export type { PackedBatch } from './packed-batch.js'
export { CreateTimeError, unpack } from './packed-batch.js'
export { TopicSettingsError } from './topics.js'
