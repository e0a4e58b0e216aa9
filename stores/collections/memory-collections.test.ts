import { describeCollectionStore } from './collection-contract.js'
import { openMemoryCollections } from './memory-collections.js'

describeCollectionStore('memory', async () => openMemoryCollections())
