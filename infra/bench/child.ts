import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Runs a module of this folder in a process of its own and returns the one message that it sends. */
export async function child(module: string, input: object): Promise<unknown> {
  const process = fork(fileURLToPath(new URL(module, import.meta.url)), { execArgv: ['--max-semi-space-size=32'] })
  const ended = once(process, 'exit').then(([code]) =>
    Promise.reject(new Error(`${module} ended with ${code} before it measured`)),
  )
  process.send(input)
  const [answer] = await Promise.race([once(process, 'message'), ended])
  process.kill()
  await ended.catch(() => undefined)
  return answer
}
