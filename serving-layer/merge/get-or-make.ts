/** The value of a key, made and kept where there is none. */
export function getOrMake<K, V>(map: Map<K, V> | WeakMap<K & object, V>, key: K, make: () => V): V {
  const held = (map as Map<K, V>).get(key)
  if (held !== undefined) return held
  const made = make()
  ;(map as Map<K, V>).set(key, made)
  return made
}
