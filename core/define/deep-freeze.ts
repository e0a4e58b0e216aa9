/** Freezes plain data all the way down and keeps its type. Already frozen parts are taken as frozen below too. */
export function deepFreeze<T>(data: T): T {
  if (typeof data !== 'object' || data === null || Object.isFrozen(data)) return data
  Object.freeze(data)
  for (const value of Object.values(data)) deepFreeze(value)
  return data
}
