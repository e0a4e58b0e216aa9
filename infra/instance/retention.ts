import type { RetentionSettings } from '../../batch-layer/retention/retention-settings.js'
import { parseDuration } from './duration.js'

/** What is kept how long: `TANDEM_KEEP_SNAPSHOTS`, `TANDEM_KEEP_UNNAMED`, `TANDEM_KEEP_WARM`, `TANDEM_KEEP_RAW`. @throws UserError naming one that is no duration */
export function retentionOf(env: NodeJS.ProcessEnv): RetentionSettings {
  const { TANDEM_KEEP_SNAPSHOTS: snapshots, TANDEM_KEEP_UNNAMED: unnamed } = env
  const { TANDEM_KEEP_WARM: warm, TANDEM_KEEP_RAW: raw } = env
  return {
    ...(snapshots ? { snapshotsMs: parseDuration(snapshots, 'TANDEM_KEEP_SNAPSHOTS') } : {}),
    ...(warm ? { warmMs: parseDuration(warm, 'TANDEM_KEEP_WARM') } : {}),
    ...(raw ? { rawMs: parseDuration(raw, 'TANDEM_KEEP_RAW') } : {}),
    ...(unnamed ? { unnamedMs: parseDuration(unnamed, 'TANDEM_KEEP_UNNAMED') } : {}),
  }
}
