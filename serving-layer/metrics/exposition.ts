/** Writes families of numbers in Prometheus' text format, version 0.0.4. */
export class Exposition {
  readonly #lines: string[] = []

  /** One family; samples without a number are left out. */
  family(
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    samples: Iterable<readonly [labels: Readonly<Record<string, string | number>>, value: number | null | undefined]>,
  ): void {
    const lines: string[] = []
    for (const [labels, value] of samples) {
      if (value === null || value === undefined || Number.isNaN(value)) continue
      const text = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(String(text))}"`)
      lines.push(`${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value}`)
    }
    if (lines.length > 0) this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines)
  }

  lines(lines: readonly string[]): void {
    this.#lines.push(...lines)
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
