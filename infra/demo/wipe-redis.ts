import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { UserError } from '../instance/user-error.js'

/** Empties Redis as a lost disk would, without a client of ours noticing first. Only for engines that Tandem started itself. */
export async function wipeRedis(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.end('FLUSHALL\r\nQUIT\r\n')
  const reply = await text(socket)
  if (!reply.startsWith('+OK')) throw new UserError(`Redis refused FLUSHALL: ${reply.trim()}`)
}
