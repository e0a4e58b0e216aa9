/** Ways to say one word of a question; the first is as it was asked. */
export type Alternatives = readonly string[]

/** Words of a question, each with what means the same. */
export type Synonyms = (text: string) => readonly Alternatives[]

/** Longest question that is looked at, in words. */
const MAX_WORDS = 32

/**
 * Synonyms are applied to the question, not to what is indexed: they so need no analysis of their own, which compounds
 * cut in two would break, and the same words mean the same with and without Korean analysis.
 *
 * @param rules one group per line: `생수, 물` (each means the others) or `커피 => 원두커피` (left is looked for as right)
 * @throws Error naming the rule that is neither
 */
export function compileSynonyms(rules: readonly string[]): Synonyms {
  const meanings = new Map<string, readonly string[]>()
  let longest = 1
  const learn = (word: string, means: readonly string[]): void => {
    const key = normal(word)
    meanings.set(key, [...new Set([...(meanings.get(key) ?? []), ...means])])
    longest = Math.max(longest, key.split(' ').length)
  }
  for (const rule of rules) {
    const [left = '', right, more] = rule.split('=>')
    const words = list(left)
    const means = right === undefined ? words : list(right)
    if (words.length === 0 || means.length === 0 || more !== undefined || (right === undefined && words.length < 2))
      throw new Error(`"${rule}" is no group of synonyms: expected "생수, 물" or "커피 => 원두커피"`)
    for (const word of words)
      learn(word, right === undefined ? [word, ...means.filter((other) => other !== word)] : means)
  }
  return (text) => {
    const words = text.trim().split(/\s+/u).filter(Boolean).slice(0, MAX_WORDS)
    const slots: Alternatives[] = []
    for (let i = 0; i < words.length; ) {
      let taken = 1
      let alternatives: Alternatives = [words[i] as string]
      for (let count = Math.min(longest, words.length - i); count >= 1; count--) {
        const found = meanings.get(normal(words.slice(i, i + count).join(' ')))
        if (found === undefined) continue
        taken = count
        alternatives = found
        break
      }
      slots.push(alternatives)
      i += taken
    }
    return slots
  }
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
}

function normal(text: string): string {
  return text.trim().replace(/\s+/gu, ' ').toLowerCase()
}
