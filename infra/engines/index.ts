export { EngineError } from './engine-error.js'
export { ENGINE_NAMES, PROVIDERS, type EngineName, type EngineStatus, type Engines, type Progress, type Provider } from './engines.js'
export { type OpenEnginesOptions, openEngines } from './open-engines.js'
export {
  type ProcessSpec,
  type ProcessStatus,
  killProcess,
  processStatus,
  signalProcess,
  startProcess,
  stopProcess,
} from './native/process.js'
export { pointPrometheusAt } from './native/prometheus.js'
