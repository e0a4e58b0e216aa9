const TOPIC = /^[a-zA-Z0-9._-]{1,200}$/
const NAME = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/

/** Names of streams, views, pipelines and simulators: they stand in URLs, file paths, topics and index names. */
export function checkName(kind: string, name: string): void {
  if (typeof name !== 'string' || !NAME.test(name) || name.length > 100) {
    throw new Error(
      `${kind} "${name}": a name is lower-case letters, digits, "-" and "_", begins with a letter and has at most 100 characters`,
    )
  }
}

export function checkTopic(stream: string, topic: string): void {
  if (!TOPIC.test(topic) || topic === '.' || topic === '..') {
    throw new Error(`stream "${stream}": topic "${topic}" must be 1 to 200 letters, digits, ".", "_" or "-"`)
  }
}

/** Names of dimensions and measures: they stand in answers, queries and SQL. */
export function checkFieldName(where: string, name: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name.length > 100 || name in Object.prototype) {
    throw new Error(
      `${where} "${name}": a name is letters, digits and "_", begins with a letter and has at most 100 characters`,
    )
  }
}
