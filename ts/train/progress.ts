import { environmentVariable } from '../kernels/environment.js'
import type { EpochRecord } from './records.js'

/** Where a training shows how far it is. */
export interface Progress {
  begin(epoch: number): void
  /** Samples of the epoch that are done, and the mean loss over them where it is known. */
  update(rows: number, loss?: number): void
  end(record: EpochRecord): void
  /** However the training ends. */
  close(): void
}

const WIDTH = 24
const REDRAW_MS = 100

const nothing: Progress = { begin() {}, update() {}, end() {}, close() {} }

/**
 * A bar on a terminal, a line an epoch elsewhere (and where `CI` is set), nothing when not asked for.
 *
 * @param samples Of an epoch; null where nobody knows.
 */
export function progressOf(wanted: boolean, epochs: number, samples: number | null): Progress {
  if (!wanted) return nothing
  const bar = process.stderr.isTTY && !environmentVariable('CI')
  return bar
    ? new Bar(epochs, samples)
    : {
        ...nothing,
        end: (record) => {
          process.stderr.write(`${lineOf(record, epochs)}\n`)
        },
      }
}

/** `epoch 2/5  12.3 s  4,880 samples/s  loss 0.1234  valAccuracy 0.9712`. */
export function lineOf(record: EpochRecord, epochs: number): string {
  const { epoch, seconds, samplesPerSecond, ranks, logs } = record
  const numbers = Object.entries(logs).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
  const speed = `${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`
  const times = [`${seconds.toFixed(1)} s`, speed]
  if (ranks !== undefined) {
    const share = Math.round(100 * ranks.efficiency)
    times.push(`${ranks.waitingSeconds.length} ranks, ${share} % of the time computing`)
  }
  return [`epoch ${epoch + 1}/${epochs}`, ...times, ...numbers].join('  ')
}

/** Redraws one line. */
class Bar implements Progress {
  #epoch = 0
  #started = 0
  #drawn = 0
  #loss: number | undefined
  readonly #plain = !!environmentVariable('NO_COLOR')

  constructor(
    private readonly epochs: number,
    private readonly samples: number | null,
  ) {}

  begin(epoch: number): void {
    this.#epoch = epoch
    this.#started = performance.now()
    this.#drawn = 0
    this.#loss = undefined
  }

  update(rows: number, loss?: number): void {
    this.#loss = loss ?? this.#loss
    const now = performance.now()
    if (now - this.#drawn < REDRAW_MS) return
    this.#drawn = now
    const seconds = (now - this.#started) / 1000
    const parts = [`epoch ${this.#epoch + 1}/${this.epochs}`]
    if (this.samples !== null) {
      const share = Math.min(1, rows / this.samples)
      const left = share > 0 ? (seconds / share) * (1 - share) : NaN
      parts.push(this.#bar(share), `${Math.round(share * 100)} %`, `${left.toFixed(0)} s left`)
    }
    parts.push(`${Math.round(rows / seconds).toLocaleString('en')} samples/s`)
    if (this.#loss !== undefined) parts.push(`loss ${this.#loss.toPrecision(4)}`)
    process.stderr.write(`\r\x1b[K${parts.join('  ')}`)
  }

  end(record: EpochRecord): void {
    process.stderr.write(`\r\x1b[K${lineOf(record, this.epochs)}\n`)
    this.#drawn = 0
  }

  close(): void {
    if (this.#drawn !== 0) process.stderr.write('\n')
  }

  #bar(share: number): string {
    const done = Math.round(share * WIDTH)
    const [full, rest] = ['█'.repeat(done), '░'.repeat(WIDTH - done)]
    return this.#plain ? full + rest : `\x1b[36m${full}\x1b[2m${rest}\x1b[0m`
  }
}
