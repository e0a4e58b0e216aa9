import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What happens to a fenced call that a process is about to send. */
export interface HeldCall {
  /** 1 for the first one through this gate. */
  readonly number: number
  /** Lets it through. */
  pass(): void
  /** Lets it through, and keeps its reply and all later ones from the process. */
  passWithoutReply(): void
}

/** Stands between a process and Redis, and stops each fenced call until it is told what becomes of it. */
export interface RedisGate {
  readonly url: string
  /** Replies to fenced calls, as Redis sent them. */
  readonly replies: readonly string[]
  close(): Promise<void>
}

/**
 * A process behind the gate cannot tell it from Redis, so that it can be killed or stopped at the very place between a
 * call and its effect, or between the effect and the reply, without knowing of it.
 *
 * @param sha of the script that makes the fenced call
 * @param onCall told of each one; the connection stands still until the call is passed
 */
export async function openRedisGate(
  redisUrl: string,
  sha: string,
  onCall: (call: HeldCall) => void,
): Promise<RedisGate> {
  const { hostname, port } = new URL(redisUrl)
  const sockets = new Set<Socket>()
  const replies: string[] = []
  let calls = 0
  const server = createServer((process) => {
    const redis = connect(Number(port), hostname)
    let end = '' // a script's name may lie across two pieces of what was sent
    let mute = false
    let asked = false
    let turn: Promise<void> = Promise.resolve()
    for (const socket of [process, redis]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()) // a killed process resets its connections
    }
    process.on('close', () => redis.destroy())
    redis.on('close', () => process.destroy())
    process.on('data', (bytes) => {
      const text = end + bytes.toString('latin1')
      end = text.slice(-sha.length + 1)
      const isCall = text.includes(sha)
      turn = turn.then(async () => {
        if (isCall)
          await new Promise<void>((resolve) => {
            const pass = (): void => {
              asked = true
              resolve()
            }
            onCall({
              number: ++calls,
              pass,
              passWithoutReply() {
                mute = true
                pass()
              },
            })
          })
        if (!redis.destroyed) redis.write(bytes)
      })
    })
    redis.on('data', (bytes) => {
      if (asked) replies.push(bytes.toString('latin1'))
      asked = false
      if (!mute) process.write(bytes)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    replies,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
