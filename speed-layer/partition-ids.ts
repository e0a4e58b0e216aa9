import { compileRecordId, type RecordId } from '../core/decode/record-id.js'
import type { Row } from '../core/define/column.js'
import type { StreamDefinition } from '../core/define/stream-definition.js'
import { KnownIds } from '../core/seam/index.js'
import type { HotIds } from '../stores/hot/index.js'
import { FLUSH } from './limits.js'

/** The ids of one partition in memory: which the next record may repeat, and which of them no flush has stored yet. */
export class PartitionIds {
  readonly #idOf: RecordId
  #known = new KnownIds(0)
  /** By epoch, oldest first. */
  #fresh: { readonly epoch: number; readonly ids: string[] }[] = []
  #count = 0
  #characters = 0

  private constructor(idOf: RecordId) {
    this.#idOf = idOf
  }

  /** Null where the stream has no id: then nothing is to be done for any record. */
  static of(stream: StreamDefinition): PartitionIds | null {
    const idOf = compileRecordId(stream)
    return idOf === null ? null : new PartitionIds(idOf)
  }

  /** Goes on from what was read back; forgets everything else. */
  begin(known: KnownIds): void {
    this.#known = known
    this.#clear()
  }

  /** Takes note of a decodable record; true where it repeats an earlier one. */
  isDuplicate(row: Row, epoch: number): boolean {
    const id = this.#idOf(row)
    if (id === null) return false
    const before = this.#known.meet(id, epoch)
    if (before === epoch) return true
    let fresh = this.#fresh.at(-1)
    if (fresh?.epoch !== epoch) {
      fresh = { epoch, ids: [] }
      this.#fresh.push(fresh)
    }
    fresh.ids.push(id)
    this.#count++
    this.#characters += id.length
    return before !== null
  }

  /** As many as one flush may store. */
  get full(): boolean {
    return this.#count >= FLUSH.ids || this.#characters >= FLUSH.idCharacters
  }

  /** UTF-16 units that the ids not yet stored have; at most three bytes each. */
  get characters(): number {
    return this.#characters
  }

  /** Ids that no flush has stored yet, of the epochs that a record behind `epoch` may repeat. */
  take(epoch: number): readonly HotIds[] {
    const taken = this.#fresh.filter((fresh) => fresh.epoch >= epoch - 1)
    this.#clear()
    return taken
  }

  #clear(): void {
    this.#fresh = []
    this.#count = 0
    this.#characters = 0
  }
}
