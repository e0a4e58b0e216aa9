/** The task queue of an installation's worker. */
export const TASK_QUEUE = 'tandem'

/** Names by which several installations can share one Temporal namespace. */
export interface WorkflowNames {
  /** @default 'tandem' */
  readonly taskQueue?: string
  /** Put before the ids of schedules and runs. @default '' */
  readonly prefix?: string
}
