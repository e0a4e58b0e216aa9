// The live page: listens to the same answers that the API gives, as server-sent events.
const $ = (id) => document.getElementById(id)
const SVG = 'http://www.w3.org/2000/svg'
/** Windows asked for, and the fewest shown: a young installation has a short past. */
const WINDOWS = 60
const FEWEST = 15
const still = matchMedia('(prefers-reduced-motion: reduce)')
const numbers = new Intl.NumberFormat()

/** One connection per question; asking another closes the one before. */
const open = new Map()
function listen(name, path, onAnswer, onProblem) {
  open.get(name)?.close()
  const source = new EventSource(path)
  open.set(name, source)
  source.addEventListener('answer', (event) => onAnswer(JSON.parse(event.data)))
  source.addEventListener('problem', (event) => onProblem(JSON.parse(event.data)))
  source.addEventListener('error', () => onProblem(null))
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}

function say(text, kind) {
  const state = $('state')
  if (state.textContent !== text) state.textContent = text
  state.className = `state ${kind}`
}

// ---- words for numbers

function clockOf(ms, seconds = false) {
  return new Date(ms).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: seconds ? '2-digit' : undefined,
    hour12: false,
  })
}

function ageOf(ms) {
  if (ms === null || ms === undefined) return '–'
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 120_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

function epochStart(text) {
  return text ? Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')) : null
}

function sizeOf(text) {
  const [, n, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [0, 1, 'm']
  return Number(n) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit]
}

function wordOf(size) {
  return (
    { '1s': 'second', '1m': 'minute', '5m': 'five minutes', '15m': 'quarter of an hour', '1h': 'hour' }[size] ?? size
  )
}

// ---- the chart: bars of both layers, a seam between what is sealed and what is live

const chart = { bars: new Map(), top: 1, sizeMs: 60_000, seamMs: null, rows: [], shown: WINDOWS }

function chartAnswer(answer, view) {
  const measure = view.measure
  chart.rows = answer.rows.map((row) => ({
    start: Date.parse(row.window),
    batch: Number(row.layers.batch?.[measure] ?? 0) || 0,
    speed: Number(row.layers.speed?.[measure] ?? 0) || 0,
  }))
  // Boundaries are in append time; for records that come when they happen it is where the shades meet.
  const epochs = Object.values(answer.provenance.boundary).flatMap((partitions) =>
    Object.values(partitions).map(({ epoch }) => epochStart(epoch)),
  )
  chart.seamMs = epochs.length > 0 ? Math.max(...epochs) : null
  chart.top = niceTop(Math.max(1, ...chart.rows.map((row) => row.batch + row.speed)))
  chart.shown = shownWindows()
  const total = chart.rows.reduce((sum, row) => sum + row.batch + row.speed, 0)
  $('chart-title').textContent = `${measure} per ${wordOf(answer.window)}, the last ${chart.shown}`
  $('chart-now').textContent = `${numbers.format(total)} in all`
  drawBars()
  showProvenance(answer.provenance)
}

/** From the first window that can be seen on, a few late records before it apart. */
function shownWindows() {
  const first = chart.rows.find((row) => row.batch + row.speed > chart.top / 50)
  const past = first ? Math.ceil((Date.now() - first.start) / chart.sizeMs) + 1 : FEWEST
  return Math.min(WINDOWS, Math.max(FEWEST, past))
}

function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 1.5, 2, 3, 5, 7.5, 10].map((n) => n * power).find((top) => top >= value * 1.04) ?? value
}

const PLOT = { left: 44, right: 8, top: 10, bottom: 22 }

function drawBars() {
  const svg = $('chart')
  const { width, height } = svg.getBoundingClientRect()
  if (width === 0) return
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  const tall = height - PLOT.top - PLOT.bottom
  const y = (value) => PLOT.top + tall * (1 - value / chart.top)
  const wide = (width - PLOT.left - PLOT.right) / chart.shown
  let frame = svg.querySelector('.frame')
  if (!frame) {
    frame = shape('g', { class: 'frame' })
    svg.append(frame, shape('g', { class: 'moving' }))
  }
  frame.replaceChildren()
  for (const part of [0, 0.5, 1]) {
    const value = chart.top * part
    frame.append(shape('line', { class: 'grid', x1: PLOT.left, x2: width - PLOT.right, y1: y(value), y2: y(value) }))
    const label = shape('text', { x: PLOT.left - 8, y: y(value) + 4, 'text-anchor': 'end' })
    label.textContent = numbers.format(value)
    frame.append(label)
  }
  const moving = svg.querySelector('.moving')
  const seen = new Set()
  const now = Date.now()
  for (const row of chart.rows) {
    for (const layer of ['batch', 'speed']) {
      const key = `${layer} ${row.start}`
      seen.add(key)
      let bar = chart.bars.get(key)
      if (!bar) {
        bar = shape('rect', { class: layer, rx: 1.5, y: y(0), height: 0 })
        chart.bars.set(key, bar)
        moving.append(bar)
        bar.getBoundingClientRect() // its first height is a transition too
      }
      const from = layer === 'batch' ? 0 : row.batch
      bar.classList.toggle('running', row.start + chart.sizeMs > now)
      bar.setAttribute('width', Math.max(1, wide - Math.min(3, wide * 0.25)))
      bar.style.y = `${y(from + row[layer])}px`
      bar.style.height = `${Math.max(0, y(from) - y(from + row[layer]))}px`
      bar.dataset.start = row.start
    }
  }
  for (const [key, bar] of chart.bars) {
    if (seen.has(key)) continue
    bar.remove()
    chart.bars.delete(key)
  }
  drawTimes(moving, height)
  slide()
}

function drawTimes(moving, height) {
  for (const old of moving.querySelectorAll('.time')) old.remove()
  const every = chart.sizeMs * (chart.shown > 30 ? 15 : 5)
  const first = Math.ceil((Date.now() - chart.shown * chart.sizeMs) / every) * every
  for (let at = first; at <= Date.now(); at += every) {
    const label = shape('text', { class: 'time', y: height - 6, 'text-anchor': 'middle' })
    label.textContent = clockOf(at)
    label.dataset.start = at
    moving.append(label)
  }
  if (chart.seamMs === null) return
  const seam = shape('line', { class: 'time seam', y1: 2, y2: height - PLOT.bottom })
  seam.dataset.start = chart.seamMs
  moving.append(seam)
}

/** Time moves on by itself: every mark has its place by its own instant. */
function slide() {
  const svg = $('chart')
  const { width } = svg.getBoundingClientRect()
  const wide = (width - PLOT.left - PLOT.right) / chart.shown
  // The right edge is the end of the running window, so bars walk left as the clock goes on.
  const right = width - PLOT.right
  const now = Date.now()
  const x = (ms) => right - ((now + chart.sizeMs * 0.35 - ms) / chart.sizeMs) * wide
  for (const mark of svg.querySelectorAll('[data-start]')) {
    const at = x(Number(mark.dataset.start))
    mark.style.visibility = at < PLOT.left - wide / 2 ? 'hidden' : 'visible'
    if (mark.tagName === 'rect') mark.setAttribute('x', at)
    else if (mark.tagName === 'text') mark.setAttribute('x', at)
    else {
      mark.setAttribute('x1', at)
      mark.setAttribute('x2', at)
    }
  }
}

let slidAt = 0
function tick(at) {
  // Ten steps a second are smooth at this speed, one a second where motion is not wanted.
  if (at - slidAt > (still.matches ? 1000 : 100)) {
    slidAt = at
    slide()
  }
  requestAnimationFrame(tick)
}

function showProvenance({ prefix, snapshots, boundary, segments, freshness, degraded, hotAgeMs, windows, tiers }) {
  const entries = Object.entries(prefix).flatMap(([stream, partitions]) =>
    Object.entries(partitions).map(([partition, offset]) => ({
      stream,
      partition,
      offset,
      boundary: boundary[stream][partition]?.offset ?? 0,
    })),
  )
  const records = entries.reduce((sum, { offset }) => sum + offset, 0)
  const sealed = entries.reduce((sum, { boundary: at }) => sum + at, 0)
  const facts = [
    ['Counted up to', `${numbers.format(records)} offsets`],
    ['of them sealed', records > 0 ? `${((100 * sealed) / records).toFixed(1)} %` : '–'],
    [
      'Snapshot',
      Object.values(snapshots)
        .map((snapshot) => (snapshot ? `#${snapshot.sequence}` : 'none yet'))
        .join(', '),
    ],
    ['Segments', numbers.format(Object.values(segments).reduce((sum, n) => sum + n, 0))],
    ['Tiers', tiers.map(({ tier, resolution }) => `${tier} ${resolution}`).join(' · ') || 'none'],
    ['Newest record', `${ageOf(freshness.appendMs)} ago`],
    ['Copy of Redis', hotAgeMs === null ? 'Redis is down' : `${ageOf(hotAgeMs)} old`],
    ['Windows complete', `${windows.filter(({ complete }) => complete).length} of ${windows.length}`],
  ]
  if (degraded.length > 0) facts.push(['Degraded', `${degraded.length} partitions catch up`])
  $('provenance').replaceChildren(
    ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )
}

// ---- trending: rows that change places visibly

function trendingAnswer(answer) {
  const list = $('trending')
  const before = new Map([...list.children].map((row) => [row.dataset.key, row.getBoundingClientRect().top]))
  const held = new Map([...list.children].map((row) => [row.dataset.key, row]))
  const top = Math.max(1, ...answer.rows.map((row) => Math.max(row.current, row.expected ?? 0)))
  const rows = answer.rows.map((row, i) => {
    const name = answer.groupBy.map((dimension) => row[dimension] ?? '∅').join(' · ') || 'everything'
    const made = held.get(name) ?? trendingRow(name)
    made.querySelector('.rank').textContent = i + 1
    const count = made.querySelector('.count')
    count.replaceChildren(numbers.format(row.current), ' ')
    if (row.expected !== null)
      count.append(element('small', {}, `usually ${row.expected.toFixed(row.expected < 10 ? 1 : 0)}`))
    made.querySelector('.bar i').style.transform = `scaleX(${row.current / top})`
    const usual = made.querySelector('.bar b')
    usual.style.visibility = row.expected === null ? 'hidden' : 'visible'
    usual.style.left = `${(100 * Math.min(row.expected ?? 0, top)) / top}%`
    return made
  })
  list.replaceChildren(
    ...(rows.length > 0 ? rows : [element('li', { class: 'empty' }, 'Nothing in the last five minutes.')]),
  )
  for (const row of rows) {
    const was = before.get(row.dataset.key)
    const by = was === undefined ? 0 : was - row.getBoundingClientRect().top
    if (still.matches) continue
    if (was === undefined) row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 400 })
    else if (by !== 0)
      row.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], {
        duration: 550,
        easing: 'cubic-bezier(.2,.7,.2,1)',
      })
  }
  $('trending-note').textContent =
    answer.history === 'short'
      ? `${answer.measure} in five minutes; no earlier week to compare with yet`
      : `${answer.measure} in five minutes, against ${answer.weeks} earlier ${answer.weeks === 1 ? 'week' : 'weeks'} at this hour`
}

function trendingRow(name) {
  const row = element(
    'li',
    {},
    element('span', { class: 'rank' }),
    element('span', { class: 'name', title: name }, name),
    element('span', { class: 'count' }),
    element('span', { class: 'bar' }, element('i'), element('b')),
  )
  row.dataset.key = name
  return row
}

// ---- the layers

function layersAnswer({ streams, troubles, layers, temporalUiUrl, at }) {
  const temporal = $('temporal')
  temporal.hidden = !temporalUiUrl
  if (temporalUiUrl) temporal.href = temporalUiUrl
  $('streams').replaceChildren(...streams.map((stream) => streamRow(stream, Date.parse(at))))
  const running = layers.filter(({ ready }) => ready).length
  $('layers-note').textContent = `${running} of ${layers.length} processes ready`
  $('troubles').replaceChildren(...troubles.map((trouble) => element('li', {}, trouble)))
  const total = streams.reduce((sum, { speed }) => sum + (speed.eventsPerSecond ?? 0), 0)
  if (troubles.length > 0)
    say(
      `${troubles.length} ${troubles.length === 1 ? 'thing is' : 'things are'} not as they should be; see the layers below.`,
      'bad',
    )
  else say(`All well: ${numbers.format(total)} events a second, counted as they arrive.`, 'good')
}

function streamRow({ name, speed, batch }, now) {
  const cell = (text, className = '') => element('td', className ? { class: className } : {}, text)
  const { parity } = batch
  const sealed = epochStart(batch.sealedUpTo)
  const verdict = !parity
    ? ['–', '']
    : parity.different > 0
      ? [`${parity.different} different`, 'wrong']
      : [`${numbers.format(parity.equal)} equal`, 'ok']
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    cell(sealed === null ? 'not yet' : clockOf(sealed)),
    cell(batch.snapshot ? `#${batch.snapshot.sequence} · ${numbers.format(batch.segments)} seg.` : '–'),
    cell(batch.lastSeal ? `${ageOf(now - Date.parse(batch.lastSeal.at))} ago` : '–'),
    cell(...verdict),
    cell(numbers.format(speed.hotRecords), 'at-seam'),
    cell(speed.eventsPerSecond === null ? '–' : numbers.format(speed.eventsPerSecond)),
    cell(speed.lag === null ? '–' : numbers.format(speed.lag), speed.conditions.length > 0 ? 'wrong' : ''),
    cell(speed.freshness.appendMs === null ? '–' : `${ageOf(speed.freshness.appendMs)} ago`),
  )
}

// ---- begin

function choose(view) {
  chart.sizeMs = sizeOf(view.windows[0])
  for (const bar of chart.bars.values()) bar.remove()
  chart.bars.clear()
  const path = `/v1/views/${encodeURIComponent(view.name)}`
  const range = `from=-${(WINDOWS * chart.sizeMs) / 1000}s&window=${view.windows[0]}&groupBy=&split=layer&limit=${WINDOWS + 1}`
  listen('chart', `${path}/live?${range}`, (answer) => chartAnswer(answer, view), lost)
  $('trending').replaceChildren()
  const rankable = 300_000 % chart.sizeMs === 0 && view.dimensions.length > 0
  document.querySelector('.trending').hidden = !rankable
  if (rankable) listen('trending', `${path}/trending/live?limit=10&interval=2000`, trendingAnswer, lost)
  else open.get('trending')?.close()
}

function lost(problem) {
  say(problem ? `${problem.title}: ${problem.detail ?? ''}` : 'The connection was lost; trying again…', 'bad')
}

async function begin() {
  const response = await fetch('/v1/views')
  const body = await response.json()
  if (!response.ok) {
    lost(body)
    setTimeout(begin, 2000)
    return
  }
  const views = body.views
    .map((view) => ({
      ...view,
      measure: (view.measures.find(({ kind }) => kind === 'count') ?? view.measures.find(({ kind }) => kind === 'sum'))
        ?.name,
    }))
    .filter(({ measure, ledger }) => measure && !ledger)
    .sort((a, b) => sizeOf(a.windows[0]) - sizeOf(b.windows[0]))
  const picker = $('view')
  picker.replaceChildren(...views.map(({ name }) => element('option', { value: name }, name)))
  const wanted = views.find(({ name }) => name === decodeURIComponent(location.hash.slice(1))) ?? views[0]
  if (!wanted) return say('There is no view that counts anything.', 'bad')
  picker.value = wanted.name
  picker.addEventListener('change', () => {
    const view = views.find(({ name }) => name === picker.value)
    history.replaceState(null, '', `#${encodeURIComponent(view.name)}`)
    choose(view)
  })
  choose(wanted)
  listen('layers', '/v1/layers/live', layersAnswer, lost)
  addEventListener('resize', drawBars)
  requestAnimationFrame(tick)
}

begin().catch(() => {
  lost(null)
  setTimeout(() => location.reload(), 3000)
})
