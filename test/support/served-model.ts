import type { ServedColumn, ServedModel, ServedRow } from '../../ts/serve/served-model.js'

/** Names that harm where they are not escaped, or meet an object's prototype. */
export const hostileNames = [
  '<img src=x onerror="document.title=1">',
  '__proto__',
  'constructor',
  '"><script>document.title=1</script>',
  "'; =1+1",
  '\u001b[31m\u202e',
]

const columns: readonly ServedColumn[] = [
  { name: 'bill', type: 'number', range: [0, 60] },
  { name: 'island', type: 'category', categories: ['Biscoe', 'Dream'] },
  { name: 'seen', type: 'date' },
  { name: 'note', type: 'text' },
]

/** A model that adds its numbers up; NaN for a sum above a million. */
export const summing: ServedModel = {
  title: 'Mass of penguins',
  target: 'mass',
  classes: null,
  columns,
  predict: (rows) => rows.map((row) => ({ prediction: sumOf(row) })),
  explain: (row) => ({
    of: 'mass',
    value: sumOf(row),
    baseline: 0,
    contributions: columns.map(({ name }) => ({ column: name, contribution: partOf(row[name]) })),
  }),
}

/** A model of two classes whose columns, categories and classes have hostile names. */
export const hostile: ServedModel = {
  title: hostileNames[0]!,
  target: hostileNames[3]!,
  classes: hostileNames.slice(0, 3),
  columns: hostileNames.map((name, i) =>
    i < 2 ? { name, type: 'category', categories: hostileNames } : { name, type: 'number' },
  ),
  predict: (rows) =>
    rows.map(() => {
      const probabilities = Object.create(null) as Record<string, number>
      for (const name of hostileNames.slice(0, 3)) probabilities[name] = 1 / 3
      return { prediction: hostileNames[1]!, probabilities }
    }),
  explain: () => ({
    of: hostileNames[0]!,
    value: 2,
    baseline: 1,
    contributions: hostileNames.map((column, i) => ({ column, contribution: i - 2 })),
  }),
}

function partOf(value: ServedRow[string] | undefined): number {
  if (typeof value === 'string') return value.length
  return value === null || value === undefined
    ? 0
    : Number(value) / (typeof value === 'number' ? 1 : 1e12)
}

function sumOf(row: ServedRow): number {
  const sum = columns.reduce((total, { name }) => total + partOf(row[name]), 0)
  return sum > 1e6 ? NaN : sum
}
