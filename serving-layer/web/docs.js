// Renders /openapi.json: enough to read and to try, without anything from elsewhere.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.flat().filter((child) => child !== null && child !== undefined))
  return made
}

function operation(path, method, { summary, description, parameters = [], responses = {}, requestBody }, schemas) {
  const inside = element('div', { class: 'inside' })
  if (description) inside.append(element('p', {}, description))
  if (parameters.length > 0) inside.append(parameterTable(parameters))
  const body = requestBody?.content?.['application/json']?.schema
  if (body) inside.append(element('p', {}, 'Body'), schemaText(body, schemas))
  for (const [status, response] of Object.entries(responses)) {
    const schema = Object.values(response.content ?? {})[0]?.schema
    inside.append(element('p', {}, `${status}: ${response.description}`))
    if (schema && status === '200') inside.append(schemaText(schema, schemas))
  }
  if (method === 'get' && !path.includes('{'))
    inside.append(element('p', {}, element('a', { href: path }, `Open ${path}`)))
  const head = element(
    'summary',
    {},
    element('b', { class: `method ${method}` }, method.toUpperCase()),
    element('code', {}, path),
    element('span', {}, summary ?? ''),
  )
  return element('article', {}, element('details', {}, head, inside))
}

function parameterTable(parameters) {
  const rows = parameters.map(({ name, description, schema = {} }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('code', {}, name)),
      element('td', {}, description ?? ''),
      element('td', {}, schema.default === undefined ? '' : `default ${schema.default}`),
    ),
  )
  return element('div', { class: 'table' }, element('table', {}, element('tbody', {}, rows)))
}

function schemaText(schema, schemas) {
  return element('pre', {}, JSON.stringify(resolve(schema, schemas, 0), null, 2))
}

function resolve(schema, schemas, depth) {
  if (Array.isArray(schema)) return schema.map((one) => resolve(one, schemas, depth))
  if (typeof schema !== 'object' || schema === null) return schema
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)
    return depth > 3 ? { schema: name } : resolve(schemas[name], schemas, depth + 1)
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolve(value, schemas, depth)]))
}

const response = await fetch('/openapi.json')
const { info, tags, paths, components } = await response.json()
const page = document.getElementById('docs')
page.replaceChildren(element('p', {}, info.description))
for (const tag of tags) {
  page.append(element('h2', {}, tag.name), element('p', {}, tag.description))
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, one] of Object.entries(methods)) {
      if (one.tags?.includes(tag.name)) page.append(operation(path, method, one, components.schemas))
    }
  }
}
