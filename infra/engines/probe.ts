import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'

/** How long one question may take. */
const PROBE_MS = 2_000

/** Asks once; true if the engine answered as its protocol demands. Never throws: no answer is false. */
export type Probe = (host: string, port: number) => Promise<boolean>

/** ApiVersions v0, the first thing that every Kafka client asks; the broker answers it when it is ready for clients. */
export const probeKafka: Probe = (host, port) => {
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0) // length of the rest
  request.writeInt16BE(18, 4) // ApiVersions
  request.writeInt32BE(1, 8) // correlation id
  request.writeInt16BE(-1, 12) // no client id
  return ask(host, port, request, (reply) => (reply.length < 10 ? undefined : reply.readInt16BE(8) === 0))
}

/** PING; a server that loads its append-only file answers "-LOADING" and is not ready. */
export const probeRedis: Probe = (host, port) =>
  ask(host, port, Buffer.from('PING\r\n'), (reply) => {
    const text = reply.toString('latin1')
    // One that demands a password is up; whether ours is right, its client says better.
    return text.includes('\r\n') ? text.startsWith('+PONG') || text.startsWith('-NOAUTH') : undefined
  })

/** The server accepts connections. */
export const probeTcp: Probe = (host, port) => ask(host, port, null, () => undefined)

/** The cluster has a master and serves; both flavours answer alike, and one that asks for a password is up. */
export const probeSearch: Probe = async (host, port) => {
  try {
    const reply = await fetch(`http://${host}:${port}/_cluster/health`, { signal: AbortSignal.timeout(PROBE_MS) })
    await reply.arrayBuffer()
    return reply.ok || reply.status === 401
  } catch {
    return false // not listening, or not yet speaking HTTP
  }
}

/** Any page of a web server, whatever its status below 500. */
export const probeHttp: Probe = async (host, port) => {
  try {
    const reply = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(PROBE_MS), redirect: 'manual' })
    await reply.arrayBuffer()
    return reply.status < 500
  } catch {
    return false // not listening, or not yet speaking HTTP
  }
}

/** DescribeNamespace over bare gRPC: Temporal accepts connections before its namespace is usable. */
export function probeTemporal(namespace: string): Probe {
  return (host, port) =>
    new Promise((resolve) => {
      const session = connectHttp2(`http://${host}:${port}`)
      const finish = (ready: boolean): void => {
        clearTimeout(timer)
        session.destroy()
        resolve(ready)
      }
      const timer = setTimeout(() => finish(false), PROBE_MS)
      session.once('error', () => finish(false))
      const stream = session.request({
        ':method': 'POST',
        ':path': '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      const status = (headers: Record<string, unknown>): void => {
        if (headers['grpc-status'] !== undefined) finish(headers['grpc-status'] === '0')
      }
      stream.once('error', () => finish(false))
      stream.on('response', status) // an error comes as headers alone
      stream.on('trailers', status)
      stream.resume()
      stream.end(grpcMessage(namespace))
    })
}

/** A gRPC frame around a message whose field 1 is a string shorter than 128 bytes. */
function grpcMessage(text: string): Buffer {
  const value = Buffer.from(text, 'utf8')
  const frame = Buffer.alloc(7 + value.length)
  frame.writeUInt32BE(2 + value.length, 1)
  frame[5] = 0x0a
  frame[6] = value.length
  value.copy(frame, 7)
  return frame
}

/** With no request, a connection is answer enough; else `judge` reads what came so far, undefined meaning "more". */
function ask(
  host: string,
  port: number,
  request: Buffer | null,
  judge: (reply: Buffer) => boolean | undefined,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port })
    let reply = Buffer.alloc(0)
    const finish = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(PROBE_MS, () => finish(false))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.once('connect', () => (request ? socket.write(request) : finish(true)))
    socket.on('data', (chunk) => {
      reply = Buffer.concat([reply, chunk])
      const verdict = judge(reply)
      if (verdict !== undefined) finish(verdict)
    })
  })
}
