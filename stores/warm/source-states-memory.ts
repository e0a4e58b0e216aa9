import type { SendIntent, SourceState, SourceStates } from './source-states.js'

/** In memory, for tests: forgets with the process. */
export function openSourceStatesMemory(): SourceStates {
  const states = new Map<string, SourceState>()
  const used = new Map<string, number>()
  const sent = new Map<string, string>()
  const intents = new Map<string, SendIntent>()
  const holds = new Map<string, { readonly run: string; readonly untilMs: number }>()
  const keyOf = (...parts: string[]) => JSON.stringify(parts)
  return {
    state: async (source) => structuredClone(states.get(source)) ?? { source, cursor: null, good: [], open: null },
    putState: async (state) => void states.set(state.source, structuredClone(state)),
    async hold(source, run, { nowMs, untilMs }) {
      const held = holds.get(source)
      if (held !== undefined && held.run !== run && held.untilMs > nowMs) return held.run
      holds.set(source, { run, untilMs })
      return run
    },
    async release(source, run) {
      if (holds.get(source)?.run === run) holds.delete(source)
    },
    async takeQuota(source, day, wanted, perDay) {
      const before = used.get(keyOf(source, day)) ?? 0
      const taken = Math.max(0, Math.min(wanted, perDay - before))
      used.set(keyOf(source, day), before + taken)
      return taken
    },
    async returnQuota(source, day, unused) {
      used.set(keyOf(source, day), (used.get(keyOf(source, day)) ?? 0) - unused)
    },
    async items(source, ids) {
      const found = ids.map((id) => [id, sent.get(keyOf(source, id))] as const)
      return new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
    },
    intent: async (source) => structuredClone(intents.get(source)) ?? null,
    putIntent: async (source, intent) => void intents.set(source, structuredClone(intent)),
    async settleIntent(source) {
      for (const { id, text } of intents.get(source)?.items ?? []) sent.set(keyOf(source, id), text)
      intents.delete(source)
    },
    close: async () => undefined,
  }
}
