import type { Connections } from '../../../stores/connections.js'
import { type PortMap, portOf } from '../native/ports.js'

/** Where docker-compose.yml publishes its engines, given the ports it was started with. */
export function connectionsOfCompose(ports: PortMap): Connections {
  return {
    kafka: { brokers: [`127.0.0.1:${portOf(ports, 'kafka')}`] },
    redis: { url: `redis://127.0.0.1:${portOf(ports, 'redis')}` },
    // Direct: the replica set's own name for its one member is an address inside its container.
    mongo: { url: `mongodb://127.0.0.1:${portOf(ports, 'mongo')}/?directConnection=true`, database: 'tandem' },
    search: { url: `http://127.0.0.1:${portOf(ports, 'search')}`, flavour: 'elasticsearch' },
    temporal: {
      address: `127.0.0.1:${portOf(ports, 'temporal')}`,
      namespace: 'default',
      uiUrl: `http://127.0.0.1:${portOf(ports, 'temporal-ui')}`,
    },
  }
}
