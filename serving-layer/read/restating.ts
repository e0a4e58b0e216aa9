import { nameOfViewSet, type ViewSet } from '../../core/define/view-set.js'
import type { RestatementProgress } from '../../core/seam/restatement-progress.js'

/** A view is answered by another definition than today's, which is being computed over its history. */
export interface Restating {
  readonly view: string
  /** Hash of the definition that answers. */
  readonly answers: string
  /** Hash of today's. */
  readonly wanted: string
  /** Per stream of the view, segments computed and all that there will be; null where it has not begun. */
  readonly progress: Readonly<Record<string, { readonly done: number; readonly of: number } | null>>
  /** What is waited for: `start`, `segments`, or `hot-state`, which has not yet read as far by today's definition. */
  readonly waitsFor: 'start' | 'segments' | 'hot-state'
  /** Why it could not go on when it was last tried; null where it could. */
  readonly failure: string | null
}

/** @returns null where the definition that answers is today's, or there is none of today */
export function restatingOf(
  view: string,
  answers: string,
  today: ReadonlyMap<string, ViewSet>,
  restatements: ReadonlyMap<string, RestatementProgress>,
): Restating | null {
  const feeding = [...today].filter(([, set]) => set.views.some(({ name }) => name === view))
  const wanted = feeding[0]?.[1].views.find(({ name }) => name === view)?.hash
  if (wanted === undefined || wanted === answers) return null
  const known = feeding.map(([stream, set]) => {
    const found = restatements.get(stream)
    return { stream, found: found?.to === nameOfViewSet(set) && found.waitsFor !== null ? found : undefined }
  })
  const found = known.flatMap((one) => one.found ?? [])
  return {
    ...{ view, answers, wanted },
    progress: Object.fromEntries(
      known.map((one) => [one.stream, one.found ? { done: one.found.done, of: one.found.of } : null]),
    ),
    waitsFor:
      found.length < known.length
        ? 'start'
        : found.some((one) => one.waitsFor === 'segments')
          ? 'segments'
          : 'hot-state',
    failure: found.find(({ failure }) => failure !== null)?.failure ?? null,
  }
}
