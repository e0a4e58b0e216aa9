import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SETTINGS = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5level %logger{1} %msg%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`

/** Log4j's settings for the Java engines: warnings and errors, to standard output, which is the engine's log file. */
export async function writeLogSettings(folder: string): Promise<string> {
  const path = join(folder, 'log4j2.properties')
  await writeFile(path, SETTINGS)
  return path
}
