import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
/** What a pipeline imports as "tandem" is this checkout's source. */
const alias = { tandem: root('./core/index.ts') }
const never = ['**/node_modules/**', '**/dist/**', '**/.tandem/**']

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...never, '**/*.engine.test.ts', '**/*.installation.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          // Nothing here holds state between files, and importing everything anew for each took most of the time.
          isolate: false,
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'engines',
          include: ['**/*.engine.test.ts'],
          exclude: never,
          pool: 'forks',
          // One file at a time: the engines have the other core, and a file may kill one and start it again.
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          globalSetup: [root('./test/support/engines-global.ts')],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          // Whole installations, each with engines of its own, driven by the command line that the build made.
          name: 'installation',
          include: ['test/**/*.installation.test.ts'],
          exclude: never,
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
