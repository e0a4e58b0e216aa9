import { deadLetterKey, deadLetterOf } from '../core/decode/dead-letter.js'
import type { Rejection } from '../core/decode/decoder.js'
import type { StreamDefinition } from '../core/define/stream-definition.js'
import type { LogRecord, ProduceRecord } from '../stores/log/index.js'
import { FLUSH } from './limits.js'

/** Dead letters of one partition that no flush has counted yet. Their key is the record's place: written twice is once. */
export class DeadLetters {
  readonly #stream: StreamDefinition
  readonly #partition: number
  #letters: ProduceRecord[] = []
  #bytes = 0

  constructor(stream: StreamDefinition, partition: number) {
    this.#stream = stream
    this.#partition = partition
  }

  add({ offset, timeMs, key, value }: LogRecord, rejection: Rejection): void {
    const { name, topic, maxBytes } = this.#stream
    const place = { topic, partition: this.#partition, offset, timeMs }
    const text = JSON.stringify(deadLetterOf(name, maxBytes, place, rejection, key, value))
    this.#letters.push({ key: deadLetterKey(place), value: text })
    this.#bytes += text.length
  }

  /** As many as one flush should wait for. */
  get full(): boolean {
    return this.#letters.length >= FLUSH.deadLetters || this.#bytes >= FLUSH.deadLetterBytes
  }

  take(): readonly ProduceRecord[] {
    const taken = this.#letters
    this.#letters = []
    this.#bytes = 0
    return taken
  }
}
