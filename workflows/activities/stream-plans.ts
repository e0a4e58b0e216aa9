import { planOfSet, planStream, type StreamPlan } from '../../batch-layer/stream-plan.js'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { Mapping } from '../../core/define/pipeline.js'
import { writeViewSet } from '../../core/define/view-set.js'
import type { Clock } from '../../core/time/clock.js'
import { servingSet, type WarmStore } from '../../stores/warm/index.js'

/** Thrown for a stream that this worker's pipelines do not define; a worker that has them must take the run. */
export class UnknownStreamError extends Error {
  override readonly name = 'UnknownStreamError'
  constructor(readonly stream: string) {
    super(`stream "${stream}" is not defined by the pipelines that this worker loaded`)
  }
}

/** Thrown for a mapping that this worker's pipelines do not define. */
export class UnknownMappingError extends Error {
  override readonly name = 'UnknownMappingError'
}

/**
 * Plans of the streams. Epoch lengths and the pipelines' definitions do not change while a worker runs; which definitions
 * are in force is what the pointer says.
 */
export class StreamPlans {
  readonly #today = new Map<string, StreamPlan>()
  /** By the name of the view set. */
  readonly #served = new Map<string, StreamPlan>()
  readonly #startedAtMs: number

  constructor(
    private readonly catalog: Catalog,
    private readonly warm: WarmStore,
    private readonly clock: Clock,
  ) {
    this.#startedAtMs = clock.now()
  }

  /** Name of the pipeline that defines the stream. */
  pipelineOf(stream: string): string {
    const pipeline = this.catalog.pipelineOf(stream)
    if (pipeline === undefined) throw new UnknownStreamError(stream)
    return pipeline.name
  }

  /** @throws UnknownMappingError where no pipeline has a mapping of that name */
  mapping(name: string): Mapping {
    const mapping = this.catalog.mappings.get(name)
    if (mapping === undefined) {
      const known = [...this.catalog.mappings.keys()].join(', ') || 'none'
      throw new UnknownMappingError(
        `there is no mapping "${name}" in the pipelines that this worker loaded; there are ${known}`,
      )
    }
    return mapping
  }

  /** By the definitions in force, which are sealed and published by until today's take over. */
  async of(stream: string): Promise<StreamPlan> {
    const today = await this.today(stream)
    const served = planOfSet(await servingSet(this.warm, today))
    const { viewSet } = served.keyspace
    if (viewSet === today.keyspace.viewSet) return today
    const known = this.#served.get(viewSet) ?? served
    this.#served.set(viewSet, known)
    return known
  }

  /** By the definitions of this worker's pipelines. */
  async today(stream: string): Promise<StreamPlan> {
    const known = this.#today.get(stream)
    if (known !== undefined) return known
    if (!this.catalog.streams.has(stream)) throw new UnknownStreamError(stream)
    const settings = (await this.warm.streams()).find((registered) => registered.stream === stream)
    if (settings === undefined) throw new Error(`stream "${stream}" is not registered in MongoDB yet`)
    const plan = planStream(this.catalog, stream, settings.epochMs)
    // before anything is published by them: whoever comes after finds what the pointer names
    await this.#put(plan, this.#startedAtMs)
    this.#today.set(stream, plan)
    return plan
  }

  /**
   * Whether today's definitions are to take the place of those in force. Not where others were deployed later: this worker
   * is about to be replaced, and would only undo what its successor does.
   */
  async changed(stream: string): Promise<boolean> {
    const today = await this.today(stream)
    return (await this.of(stream)) !== today && (await this.warm.lastDeployed(stream)) === today.keyspace.viewSet
  }

  /** Says that a view set is in use now. */
  use(plan: StreamPlan): Promise<void> {
    return this.#put(plan, 0)
  }

  #put(plan: StreamPlan, deployedAtMs: number): Promise<void> {
    const { stream, viewSet } = plan.keyspace
    const definitions = writeViewSet(plan)
    return this.warm.putViewSet({ viewSet, stream, definitions, deployedAtMs, usedAtMs: this.clock.now() })
  }
}
