/** How a text of a cell is read as a number: NaN when it is none. */
export type ReadNumber = (text: string) => number

/** What a cell holds that has no value: pandas' list. An empty cell has none whatever the list. */
export const MISSING: readonly string[] = [
  ...['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN'],
  ...['<NA>', 'N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null'],
]

const INFINITE = /^[+-]?inf(inity)?$/i
const GROUPED_BY_POINTS = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/

/** Digits with a decimal point and perhaps an exponent; infinite ones too, which no column takes. */
export function pointNumber(text: string): number {
  const number = Number(text)
  if (number !== number) return INFINITE.test(text) ? infinity(text) : NaN
  // Number reads an empty text, 0x1F, 0o17 and 0b1 as well.
  if (text === '' || (text.startsWith('0') && /^0[a-df-z]/i.test(text))) return NaN
  return number
}

/** With a decimal comma; points part thousands. */
export function commaNumber(text: string): number {
  if (!text.includes('.')) return pointNumber(text.replace(',', '.'))
  return GROUPED_BY_POINTS.test(text) ? Number(text.replaceAll('.', '').replace(',', '.')) : NaN
}

function infinity(text: string): number {
  return text.startsWith('-') ? -Infinity : Infinity
}

/** 'true' or 'false' in whatever case; null is no boolean. */
export function booleanText(text: string): 'true' | 'false' | null {
  if (text.length < 4 || text.length > 5) return null
  const lower = text.toLowerCase()
  return lower === 'true' || lower === 'false' ? lower : null
}

/** Without the space around it. */
export function trimmed(text: string): string {
  const last = text.length - 1
  if (last < 0 || (text.charCodeAt(0) > 32 && text.charCodeAt(last) > 32)) return text
  return text.trim()
}
