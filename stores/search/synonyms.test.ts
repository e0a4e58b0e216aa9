import { expect, test } from 'vitest'
import { compileSynonyms } from './synonyms.js'

test('each word of a group means the others; an arrow goes one way', () => {
  const synonyms = compileSynonyms(['생수, 물', '커피 => 원두커피, 콜드브루', '탄산 음료, 스파클링'])
  expect(synonyms(' 물  2L ')).toEqual([['물', '생수'], ['2L']])
  expect(synonyms('커피')).toEqual([['원두커피', '콜드브루']])
  expect(synonyms('원두커피')).toEqual([['원두커피']])
  expect(synonyms('맑은 탄산 음료')).toEqual([['맑은'], ['탄산 음료', '스파클링']])
  expect(synonyms('')).toEqual([])
})

test('a word of two groups means both, whatever its case', () => {
  expect(compileSynonyms(['PET, 병', 'pet, 페트'])('Pet')).toEqual([['PET', '병', 'pet', '페트']])
})

test.each(['생수', '=> 물', '물 =>', 'a => b => c', ''])('"%s" is refused by name', (rule) => {
  expect(() => compileSynonyms([rule])).toThrow(`"${rule}" is no group of synonyms`)
})
