import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { EngineError } from '../engine-error.js'

const run = promisify(execFile)

/** What to do when a program is missing, as the end of a sentence. */
const INSTALL = {
  java: 'install a JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless)',
  javac: 'install a JDK, not only a JRE, 17 or newer (Debian: apt-get install openjdk-17-jdk-headless)',
  mvn: 'install Maven (Debian: apt-get install maven)',
  python3: 'install Python 3.10 or newer with its venv module (Debian: apt-get install python3 python3-venv)',
  'redis-server': 'install Redis 7 (Debian: apt-get install redis-server)',
  prometheus: 'install it (Debian: apt-get install prometheus)',
} as const

export type Tool = keyof typeof INSTALL

const JAVA_MAJOR = 17

/** Path of a program on PATH, or null. Java's own are looked for in JAVA_HOME first. */
export async function findTool(tool: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  if (env['JAVA_HOME'] && (tool === 'java' || tool === 'javac')) folders.unshift(join(env['JAVA_HOME'], 'bin'))
  for (const folder of folders) {
    const path = join(folder, tool)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return null
}

/** One sentence for each program that is not there, naming all that need it; none when all are. */
export async function missingTools(
  needs: readonly { readonly tool: Tool; readonly neededBy: string }[],
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const sentences: string[] = []
  for (const tool of new Set(needs.map((need) => need.tool))) {
    if (await findTool(tool, env)) continue
    const users = needs.filter((need) => need.tool === tool).map((need) => need.neededBy)
    sentences.push(missing(tool, users.join(' and ')))
  }
  return sentences
}

/** Path of a program; throws `EngineError` that says what to install. */
export async function requireTool(tool: Tool, neededBy: string, env: NodeJS.ProcessEnv): Promise<string> {
  const path = await findTool(tool, env)
  if (!path) throw new EngineError(missing(tool, neededBy))
  return path
}

/** Path of a Java of at least version 17; throws `EngineError` otherwise. */
export async function requireJava(neededBy: string, env: NodeJS.ProcessEnv): Promise<string> {
  const java = await requireTool('java', neededBy, env)
  const { stderr } = await run(java, ['-version'], { env }).catch((error: unknown) => {
    throw new EngineError(`${java} does not run: ${INSTALL.java}.`, [], { cause: error })
  })
  const [, major] = /version "(?:1\.)?(\d+)/.exec(stderr) ?? []
  if (major === undefined || Number(major) < JAVA_MAJOR)
    throw new EngineError(`Java ${major ?? 'of unknown version'} is too old for ${neededBy}: ${INSTALL.java}.`)
  return java
}

/** Path of a Python of at least version 3.10 that can make environments; throws `EngineError` otherwise. */
export async function requirePython(neededBy: string, env: NodeJS.ProcessEnv): Promise<string> {
  const python = await requireTool('python3', neededBy, env)
  const test = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)'
  await run(python, ['-c', test], { env }).catch((error: unknown) => {
    throw new EngineError(`${python} is too old for ${neededBy}, or has no venv module: ${INSTALL.python3}.`, [], {
      cause: error,
    })
  })
  return python
}

const missing = (tool: Tool, neededBy: string): string => `${tool} was not found (for ${neededBy}): ${INSTALL[tool]}.`
