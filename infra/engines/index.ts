export { EngineError } from './engine-error.js'
export {
  ENGINE_NAMES,
  type EngineName,
  type EngineStatus,
  type Engines,
  PROVIDERS,
  type Progress,
  type Provider,
  type UpOptions,
} from './engines.js'
export { choosePorts, portOf } from './native/ports.js'
export {
  killProcess,
  type ProcessSpec,
  type ProcessStatus,
  processStatus,
  signalProcess,
  startProcess,
  startTimeOf,
  stopProcess,
} from './native/process.js'
export { type OpenEnginesOptions, openEngines } from './open-engines.js'
export { pointPrometheusAt } from './prometheus-folder.js'
