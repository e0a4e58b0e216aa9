import { expect, test } from 'vitest'
import { compileFold } from '../core/compile/compile-fold.js'
import { compileViewSql } from '../core/compile/compile-view-sql.js'
import { compileCatalog } from '../core/define/compile-catalog.js'
import { duckdb } from '../core/expression/duckdb-dialect.js'
import { pipeline as carbon } from './carbon/index.js'
import { pipeline as citizen } from './citizen/index.js'
import { pipeline as taxi } from './taxi/index.js'

const catalog = compileCatalog([carbon, citizen, taxi])

test('the shipped pipelines have the streams and views that they are to have', () => {
  expect([...catalog.streams.keys()]).toEqual([
    'apt',
    'energy',
    'log_inout',
    'log_menuclick',
    'log_ecopoint',
    'log_nolabel',
    'log_lesswaste',
    'log_error',
    'taxi-trips',
  ])
  expect([...catalog.views.keys()]).toEqual([
    'energy-use',
    'housing',
    'searches',
    'activity',
    'clicks',
    'errors',
    'trips',
    'fares',
  ])
  expect(catalog.viewsOf('log_nolabel').map(({ name }) => name)).toEqual(['searches', 'activity', 'clicks'])
})

test('every stream and view survives being sent to a worker, and both compilers take it', () => {
  for (const stream of structuredClone([...catalog.streams.values()])) {
    const views = structuredClone(catalog.viewsOf(stream.name))
    expect(() => compileFold(stream, views, 3_600_000)).not.toThrow()
    for (const view of views) {
      expect(
        compileViewSql({ view, stream, from: 'records', resolutionMs: view.windows[0] as number, dialect: duckdb }),
      ).toContain('GROUP BY')
    }
  }
})
