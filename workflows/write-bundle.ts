import { writeBundle } from './workflow-bundle.js'

// A process of its own, so that the bundler's memory is not the worker's.
await writeBundle()
