import { planStream, type StreamPlan } from '../../batch-layer/stream-plan.js'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { Mapping } from '../../core/define/pipeline.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'

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

/** Plans of the streams, made once each: definitions and epoch lengths do not change while a worker runs. */
export class StreamPlans {
  readonly #plans = new Map<string, StreamPlan>()

  constructor(
    private readonly catalog: Catalog,
    private readonly warm: WarmStore,
  ) {}

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

  async of(stream: string): Promise<StreamPlan> {
    const known = this.#plans.get(stream)
    if (known !== undefined) return known
    if (!this.catalog.streams.has(stream)) throw new UnknownStreamError(stream)
    const settings = (await this.warm.streams()).find((registered) => registered.stream === stream)
    if (settings === undefined) throw new Error(`stream "${stream}" is not registered in MongoDB yet`)
    const plan = planStream(this.catalog, stream, settings.epochMs)
    this.#plans.set(stream, plan)
    return plan
  }
}
