import { describeHotStore } from './hot-contract.js'
import { MemoryHot } from './memory-hot.js'

let names = 0
const open = async (more: { feedCost?: number } = {}) => {
  let generations = 0
  return new MemoryHot({ now: () => Date.now(), newGeneration: () => `g${++generations}`, ...more })
}

describeHotStore('memory', {
  open: () => open(),
  openSmall: () => open({ feedCost: 2_000 }),
  unique: () => `stream-${++names}`,
})
