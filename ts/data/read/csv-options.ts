import { isName } from '../../check.js'
import { choice, list, type Option, type Options, whole } from '../../options.js'
import type { DateOrder } from '../table/dates.js'
import { ENCODING, READ_OPTIONS, type ReadOptions } from './read-options.js'

export interface ReadCsvOptions extends ReadOptions {
  /** What parts the cells; by default found from the first lines: a comma, semicolon, tab or bar. */
  delimiter?: string
  /** What a cell with delimiters or line ends stands in, doubled inside of it; null for none. By default '"'. */
  quote?: string | null
  /** Whether the first row has the names, or the names where the file has none. By default true. */
  header?: boolean | readonly string[]
  /** What stands for no value beside an empty cell; by default pandas' list: 'NA', 'NaN', 'null', … */
  missing?: readonly string[]
  /** What comes before a fraction; by default found for each column. */
  decimal?: '.' | ','
  /** What 3/4/2024 is: day or month first; by default found from the column's other dates. */
  dates?: DateOrder
  /** As `TextDecoder` names it: 'windows-1252', 'utf-16le', … By default UTF-8. */
  encoding?: string
  /** Bytes of a row above which it is refused, as an open quote swallows the file. By default 16 MiB. */
  maxRowBytes?: number
}

/** A mark of one character; quotes and line ends are none. */
const mark = (expected: string): Option<string | undefined> => ({
  initial: undefined,
  expected,
  accepts: (value) =>
    typeof value === 'string' && /^[\x01-\x7f]$/.test(value) && !/[\r\n]/.test(value),
})

export const CSV_OPTIONS = {
  ...READ_OPTIONS,
  delimiter: mark('one ASCII character'),
  quote: {
    initial: '"',
    expected: 'one ASCII character, or null',
    accepts: (value) => value === null || mark('').accepts(value),
  } as Option<string | null>,
  header: {
    initial: true,
    expected: 'true, false or an array of different texts',
    accepts: (value) =>
      typeof value === 'boolean' ||
      (Array.isArray(value) && value.every(isName) && new Set(value).size === value.length),
  } as Option<boolean | readonly string[]>,
  missing: list<string>({
    initial: '',
    expected: 'a text',
    accepts: (value) => typeof value === 'string',
  }),
  decimal: choice(['.', ',']),
  dates: choice(['dmy', 'mdy']),
  encoding: ENCODING,
  maxRowBytes: whole(1, 2 ** 24),
} satisfies Options<ReadCsvOptions>
