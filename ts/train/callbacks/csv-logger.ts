import { checkArguments } from '../../check.js'
import { appendFileSync, promises, readFileSync } from 'node:fs'
import { complaint, FormatError, ValueError } from '../../errors.js'
import { writeAtomically, writeAtomicallySync } from '../../io/atomic-write.js'
import { flag, type Option, type Options, path, readOptions, required } from '../../options.js'
import { driveAs, type Flow, wait } from '../flow.js'
import type { Callback, EpochContext, TrainContext } from './callback.js'

export interface CSVLoggerOptions {
  /** The file. */
  path: string
  /**
   * Go on with a file that is there, as a resumed training does. When an epoch comes that has a row there,
   * that row and those of later epochs are taken out, so none stands there twice. Default false: replace it.
   */
  append?: boolean
  /** Default `,`. */
  separator?: string
}

const SEPARATOR: Option<string> = {
  initial: ',',
  expected: 'one character such as , ; or a tab',
  accepts: (value) => typeof value === 'string' && /^[^"\n]$/.test(value),
}

const OPTIONS = {
  path: required(path()),
  append: flag(false),
  separator: SEPARATOR,
} satisfies Options<CSVLoggerOptions>

const NAME = 'CSVLogger'

/**
 * Writes the logs of each epoch as a line of a CSV file, with `epoch` and `step` in front, and `efficiency`
 * (`RanksRecord`) where several processes train together and no log is called so. Numbers are written so that they can be read back exactly. When an epoch brings a name that was not there, the
 * file is written anew with a column more.
 *
 * A name that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line
 * end) gets a `'` in front.
 *
 * @see https://keras.io/api/callbacks/csv_logger/
 */
export class CSVLogger implements Callback {
  readonly writesFiles = true
  readonly path: string
  readonly append: boolean
  readonly separator: string
  #columns: string[] = []
  #rows: string[][] = []

  /** @throws ValueError for an option that is none. */
  constructor(options: CSVLoggerOptions) {
    checkArguments(new.target.name, 1, arguments)
    const { path, append, separator } = readOptions(NAME, OPTIONS, options)
    this.path = path
    this.append = append
    this.separator = separator
  }

  onTrainBegin({ sync }: TrainContext): void | Promise<void> {
    return driveAs(sync, NAME, this.#begin(sync))
  }

  onEpochEnd(context: EpochContext): void | Promise<void> {
    return driveAs(context.sync, NAME, this.#add(context))
  }

  *#begin(sync: boolean): Flow<void> {
    const text = this.append ? yield* contentOf(this.path, sync) : ''
    const [columns, ...rows] = parse(text, this.separator)
    const long = rows.findIndex((row) => row.length > columns!.length)
    if (long >= 0) {
      const [expected, got] = [`${columns!.length} cells at most`, `${rows[long]!.length}`]
      throw new FormatError(complaint(NAME, `row ${long + 1} of ${this.path}`, expected, got))
    }
    this.#columns = columns?.map(unescaped) ?? ['epoch', 'step']
    this.#rows = rows
    yield* this.#writeAll(sync)
  }

  *#add({ epoch, step, logs, ranks, sync }: EpochContext): Flow<void> {
    for (const name of ['epoch', 'step']) {
      if (!Object.hasOwn(logs, name)) continue
      const hint = 'give the metric of that name another'
      const got = `the log ${name}`
      throw new ValueError(complaint(NAME, 'the logs', 'no epoch and no step', got, hint))
    }
    const of = ranks && { efficiency: ranks.efficiency }
    const values = new Map<string, number>(Object.entries({ epoch, step, ...of, ...logs }))
    const added = [...values.keys()].filter((name) => !this.#columns.includes(name))
    this.#columns.push(...added)
    const row = this.#columns.map((name) => String(values.get(name) ?? ''))
    // What a training before its crash has written of epochs that come again.
    const place = this.#columns.indexOf('epoch')
    const again = isAtLeast(this.#rows.at(-1)?.[place], epoch)
    if (again) this.#rows = this.#rows.filter((old) => !isAtLeast(old[place], epoch))
    this.#rows.push(row)
    if (added.length > 0 || again) yield* this.#writeAll(sync)
    else if (sync) appendFileSync(this.path, this.#line(row))
    else yield* wait(promises.appendFile(this.path, this.#line(row)))
  }

  *#writeAll(sync: boolean): Flow<void> {
    const count = this.#columns.length
    const padded = this.#rows.map((row) => [...row, ...Array<string>(count - row.length).fill('')])
    const text = [this.#columns.map(escaped), ...padded].map((row) => this.#line(row)).join('')
    if (sync) writeAtomicallySync(this.path, Buffer.from(text))
    else yield* wait(writeAtomically(this.path, Buffer.from(text)))
  }

  #line(cells: readonly string[]): string {
    const odd = (cell: string): boolean => cell.includes(this.separator) || /["\r\n]/.test(cell)
    const quoted = cells.map((cell) => (odd(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    return `${quoted.join(this.separator)}\n`
  }
}

/** Escapes once more what looks like an escaped name, so that every name can be read back. */
function escaped(name: string): string {
  return /^'*[=+\-@\t\r\n]/.test(name) ? `'${name}` : name
}

function unescaped(name: string): string {
  return /^'+[=+\-@\t\r\n]/.test(name) ? name.slice(1) : name
}

/** Whether a cell is the number of this epoch or of a later one. */
function isAtLeast(cell: string | undefined, epoch: number): boolean {
  return cell !== undefined && cell !== '' && Number(cell) >= epoch
}

function* contentOf(path: string, sync: boolean): Flow<string> {
  try {
    return yield* wait(sync ? readFileSync(path, 'utf8') : promises.readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Rows of cells; what is quoted may hold separators, line ends and doubled quotes. */
function parse(text: string, separator: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[i + 1] === '"') cell += text[++i]!
      else quoted = false
    } else if (char === '"') quoted = true
    else if (char === separator || char === '\n') {
      row.push(cell)
      cell = ''
      if (char === '\n') {
        rows.push(row)
        row = []
      }
    } else if (char !== '\r') cell += char
  }
  // A last line without its end was cut off while it was written.
  return rows
}
