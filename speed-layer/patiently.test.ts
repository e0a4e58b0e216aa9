import { describe, expect, it } from 'vitest'
import { AbandonedError, patiently } from './patiently.js'

const always = { onWait: () => undefined, abandoned: () => false }

describe('work that waits for an engine', () => {
  it('is repeated until it succeeds, and says why it waits', async () => {
    const reasons: string[] = []
    let attempts = 0
    const work = async (): Promise<number> => {
      if (++attempts < 3) throw new Error(`away ${attempts}`)
      return 7
    }
    expect(await patiently(work, { ...always, onWait: (reason) => reasons.push(reason) })).toBe(7)
    expect(reasons).toEqual(['away 1', 'away 2'])
  })

  it('is not repeated where the failure does not pass', async () => {
    const work = () => Promise.reject(new RangeError('wrong for ever'))
    await expect(patiently(work, { ...always, passes: (error) => !(error instanceof RangeError) })).rejects.toThrow(
      'wrong for ever',
    )
  })

  it('ends when nobody needs it any more, whether it fails or succeeds then', async () => {
    let needed = true
    const failing = async (): Promise<void> => {
      needed = false
      throw new Error('away')
    }
    await expect(patiently(failing, { ...always, abandoned: () => !needed })).rejects.toThrow(AbandonedError)
    await expect(patiently(async () => 1, { ...always, abandoned: () => true })).rejects.toThrow(AbandonedError)
  })
})
