import { type Options, readOptions, whole } from '../../../options.js'
import { checkArguments, checkFileName, checkText } from '../../../check.js'
import { appendFileSync, mkdirSync, promises } from 'node:fs'
import { join } from 'node:path'
import { complaint, ValueError } from '../../../errors.js'
import { noTensor, Tensor } from '../../../tensor/tensor.js'
import { maskedCrc32c } from './crc32c.js'
import { histogramOf } from './histogram.js'
import { double, doubles, type Field, float, integer, message, nested } from './protobuf.js'

const NAME = 'SummaryWriter'
let made = 0

/** SessionLog { status: START } */
const SESSION_START = integer(1, 1)

export interface SummaryWriterOptions {
  /**
   * The step that a run goes on with after a crash: TensorBoard hides what earlier files of the folder
   * have of it and of later ones. Default: hides nothing.
   */
  purgeStep?: number
}

const OPTIONS = { purgeStep: whole(0) } satisfies Options<SummaryWriterOptions>

/**
 * Writes what TensorBoard shows, into an events file of its own: scalars and histograms. `add…` only
 * remembers; `flush` and `close` write.
 *
 * @see https://pytorch.org/docs/stable/tensorboard.html
 *
 * @example
 * const writer = new callbacks.SummaryWriter('runs/first')
 * writer.addScalar('loss', 0.5, 1)
 * await writer.close()
 * // tensorboard --logdir runs
 */
export class SummaryWriter {
  /** The events file. */
  readonly path: string
  #queue: Uint8Array[] = []
  #writing: Promise<void> = Promise.resolve()

  /**
   * @param logDir A folder for this run; made when it is not there.
   * @throws ValueError when it is no folder name, or purgeStep no step; what the file system throws.
   */
  constructor(
    readonly logDir: string,
    options: SummaryWriterOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    checkFileName(NAME, 'logDir', logDir, 'a folder')
    const { purgeStep } = readOptions(NAME, OPTIONS, options)
    mkdirSync(logDir, { recursive: true })
    const seconds = Math.floor(Date.now() / 1000)
    const host = process.getBuiltinModule('node:os').hostname()
    const name = `events.out.tfevents.${seconds}.${host}.${process.pid}.${made++}`
    this.path = join(logDir, name)
    this.#event(nested(3, 'brain.Event:2'), 0)
    if (purgeStep !== undefined) this.#event(nested(7, SESSION_START), purgeStep)
  }

  /**
   * A point of a curve.
   *
   * @param tag Its name; what is before a `/` groups curves.
   * @throws ValueError when value is no number or step no whole number of at least 0.
   */
  addScalar(tag: string, value: number, step: number): void {
    checkText(NAME, 'the tag', 'a name', tag)
    if (typeof value !== 'number') {
      throw new ValueError(complaint(NAME, `the value of ${tag}`, 'a number', value))
    }
    this.#value(tag, step, float(2, value))
  }

  /**
   * How numbers are spread at a step. Those that are not finite are left out.
   *
   * @throws ValueError when values are no tensor or step is no whole number of at least 0.
   */
  addHistogram(tag: string, values: Tensor, step: number): void {
    checkText(NAME, 'the tag', 'a name', tag)
    if (!(values instanceof Tensor)) throw noTensor(NAME, `the values of ${tag}`, values)
    const { min, max, num, sum, sumSquares, limits, counts } = histogramOf(values.data)
    const histogram = message(
      double(1, min),
      double(2, max),
      double(3, num),
      double(4, sum),
      double(5, sumSquares),
      doubles(6, limits),
      doubles(7, counts),
    )
    this.#value(tag, step, nested(5, histogram))
  }

  /** Writes what was added. @throws what the file system throws. */
  async flush(): Promise<void> {
    // One after the other, so that records stay whole and in order.
    const bytes = Buffer.concat(this.#queue.splice(0))
    this.#writing = this.#writing.then(() => promises.appendFile(this.path, bytes))
    await this.#writing
  }

  /** As `flush`, without a promise. Not while one of `flush` is pending. */
  flushSync(): void {
    appendFileSync(this.path, Buffer.concat(this.#queue.splice(0)))
  }

  /** As `flush`. */
  async close(): Promise<void> {
    await this.flush()
  }

  #value(tag: string, step: number, content: Field): void {
    if (!Number.isSafeInteger(step) || step < 0) {
      const expected = 'a whole number of at least 0'
      throw new ValueError(complaint(NAME, `the step of ${tag}`, expected, step))
    }
    this.#event(nested(5, nested(1, message(nested(1, tag), content))), step)
  }

  /** A record: length, its checksum, an Event message, its checksum. */
  #event(content: Field, step: number): void {
    const event = message(double(1, Date.now() / 1000), integer(2, step), content)
    const record = Buffer.alloc(12 + event.length + 4)
    record.writeBigUInt64LE(BigInt(event.length), 0)
    record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8)
    record.set(event, 12)
    record.writeUInt32LE(maskedCrc32c(event), 12 + event.length)
    this.#queue.push(record)
  }
}
