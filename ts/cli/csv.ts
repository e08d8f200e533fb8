/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/

/**
 * A cell of CSV by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before
 * it, unless it is to stay as it is; numbers stay numbers.
 *
 * @param raw For programs, which take no text for a formula.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvCell(value: string | number | Date | null, raw: boolean): string {
  if (value === null) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  if (typeof value !== 'string') return dateText(value)
  const harmless = !raw && FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]|^\s|\s$|^$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** Without the time where there is none. */
export function dateText(date: Date): string {
  return date.toISOString().replace('T00:00:00.000Z', '')
}

/** A line of CSV with its end. */
export function csvLine(cells: readonly (string | number | Date | null)[], raw: boolean): string {
  return `${cells.map((cell) => csvCell(cell, raw)).join(',')}\r\n`
}
