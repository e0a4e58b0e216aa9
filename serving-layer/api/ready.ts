import type { StreamReader } from '../read/stream-reader.js'
import type { ViewReader } from '../read/view-reader.js'
import { UnavailableError } from '../unavailable-error.js'
import type { ApiDeps, Serving } from './api-deps.js'
import { notFound } from './problem.js'

/** @throws UnavailableError while the layer waits for its streams */
export function ready({ serving }: Pick<ApiDeps, 'serving'>): Serving {
  const now = serving()
  if (!now)
    throw new UnavailableError(
      'the serving layer is starting: it waits until its streams are prepared in MongoDB',
      'starting',
    )
  return now
}

export function viewNamed({ readers }: Serving, name: string): ViewReader {
  const reader = readers.views.get(name)
  if (!reader) throw notFound('view', name, readers.views.keys())
  return reader
}

export function streamNamed({ readers }: Serving, name: string): StreamReader {
  const reader = readers.streams.get(name)
  if (!reader) throw notFound('stream', name, readers.streams.keys())
  return reader
}
