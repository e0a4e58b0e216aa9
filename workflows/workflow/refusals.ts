/**
 * Errors, by name, that no repetition of a step mends: a person has to look, and their message says at what.
 * `StaleSegmentsError` is answered by the workflow.
 */
export const REFUSALS = [
  'LostRangeError',
  'TopicChangedError',
  'TopicSettingsError',
  'EpochAheadError',
  'ReleaseRefusedError',
  'CreateTimeError',
  'UnknownStreamError',
  'StaleSegmentsError',
  'SnapshotRefusedError',
  'ImportFileError',
  'ImportOverlapError',
  'UnknownMappingError',
  'UnknownPipelineError',
]
