/** Hosts of a MongoDB URL and the database, for messages: no user, no password, no options. */
export function mongoAddress(url: string, database: string): string {
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:[^/@]*@)?([^/?]+)/.exec(url)?.[1] ?? 'an unreadable URL'
  return `${hosts}/${database}`
}
