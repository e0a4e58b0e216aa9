import { describeHeldSnapshots } from './held-contract.js'
import { describeWarmStore } from './warm-contract.js'
import { openWarmMemory } from './warm-memory.js'

describeWarmStore('memory', async () => {
  const warm = openWarmMemory()
  return { warm, again: async () => warm }
})

describeHeldSnapshots('memory', async () => openWarmMemory())
