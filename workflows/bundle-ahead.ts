import { jsonLogger } from '../stores/logger.js'
import { workflowBundle } from './workflow-bundle.js'

// Run after the build, so that no worker has to bundle at its start.
await workflowBundle(jsonLogger('build'))
