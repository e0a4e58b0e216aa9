import { expect, test } from 'vitest'
import { testConnections, testEngines } from '../../../test/support/engines.js'

test('every engine answers in its own protocol', async () => {
  const engines = await testEngines()
  expect(await engines.connections()).toEqual(testConnections())
  for (const status of await engines.status()) expect(status).toMatchObject({ ready: true })
})
