import { describeSourceStates } from './source-states-contract.js'
import { openSourceStatesMemory } from './source-states-memory.js'

describeSourceStates('memory', async () => openSourceStatesMemory())
