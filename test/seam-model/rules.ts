/** Rules that can be taken out of the model, each by itself; without any one of them some history gives a wrong answer. */
export const RULES = {
  'real-record': 'seal cuts only at a record of a later epoch that it saw; without one the partition stays open',
  delivered: 'epochs and cuts are those of delivered records, not of any offset',
  'seal-once': 'a manifest is created once; a rerun adopts it',
  'stored-epoch': 'the running epoch is stored beside the offset, and recovery starts from both',
  'raw-range': 'a delta covers the raw range of offsets, hidden ones included, and an empty one moves the offset too',
  contiguous: 'an owner folds only a batch that begins where its cells end',
  watch: 'an owner with nothing to flush still compares its position with the stored one',
  fence: 'a delta applies only where the stored offset is its start',
  'floor-fence': 'a delta applies only where nothing below the floor of its cells is kept',
  reload: 'a refused owner forgets its cells and loads them again',
  'atomic-load': 'an owner takes the offset and the cells from one state',
  'atomic-read': 'a reader takes the state and the cells of a partition in one step',
  floor: 'a reader whose snapshot ends below the floor starts again with the current one',
  'part-bound': 'the boundary is per partition: offset and epoch',
  'boundary-up': 'a rollback brings contents back, never the boundary',
  degraded: 'an answer that lies below an earlier one says so',
  'ids-kept': 'the ids of the last epoch and of the one before are stored with the cells, and an owner reads them back',
  'ids-together': 'an owner takes the ids as of the very state that its cells belong to',
  'ids-primed': 'hot state that began at a boundary takes the ids of the epoch before it from the lake',
  'ids-noted': 'the id of a record below the floor is noted as well: one above it may repeat it',
  'ids-sealed': 'seal takes the ids of the epoch before from the lake, across its own boundary',
  'record-epoch': "ids belong to their record's own epoch, not to that of the file which it lies in",
  'audit-wait': 'parity waits until hot state has the whole range',
} as const

export type Rule = keyof typeof RULES

/** The law was broken: an answer was wrong, parity failed or something stands still. */
export class BrokenLaw extends Error {
  override readonly name = 'BrokenLaw'
}
