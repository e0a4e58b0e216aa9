import { testConnections, uniqueName } from '../../test/support/engines.js'
import { describeHotStore } from './hot-contract.js'
import { openHot } from './redis-hot.js'

describeHotStore('redis', {
  open: () => openHot(testConnections().redis),
  openSmall: () => openHot(testConnections().redis, { feedCost: 2_000 }),
  unique: () => uniqueName('hot'),
})
