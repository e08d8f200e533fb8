import cliProgress from 'cli-progress'

/**
 * Shows how an epoch goes on: a bar with samples/s and loss on a terminal, one line at the end of the
 * epoch elsewhere (a log, a pipe).
 */
export class EpochProgress {
  readonly #title: string
  readonly #total: number
  readonly #bar: cliProgress.SingleBar | null
  readonly #start = performance.now()
  #done = 0
  #loss = 0

  constructor(title: string, total: number) {
    this.#title = title
    this.#total = total
    this.#bar = process.stdout.isTTY
      ? new cliProgress.SingleBar(
          {
            format: `${title} {bar} {value}/{total} | loss {loss} | {rate} samples/s | {eta_formatted}`,
            stream: process.stdout,
            barsize: 24,
            hideCursor: true,
          },
          cliProgress.Presets.shades_classic,
        )
      : null
    this.#bar?.start(total, 0, { loss: '-', rate: '-' })
  }

  /** Mean loss over the samples so far. */
  get loss(): number {
    return this.#loss / this.#done
  }

  /** A batch of so many samples is done; `loss` is its mean. */
  update(samples: number, loss: number): void {
    this.#done += samples
    this.#loss += samples * loss
    this.#bar?.update(this.#done, { loss: this.loss.toFixed(4), rate: this.#rate() })
  }

  /** The epoch is over; `note` ends its line. */
  finish(note = ''): void {
    this.#bar?.stop()
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1)
    const line = `loss ${this.loss.toFixed(4)} | ${this.#rate()} samples/s | ${seconds} s${note}`
    if (this.#bar === null) console.log(`${this.#title} | ${this.#total} samples | ${line}`)
    else if (note !== '') console.log(`${this.#title}${note}`)
  }

  #rate(): string {
    const seconds = (performance.now() - this.#start) / 1000
    return Math.round(this.#done / seconds).toLocaleString('en')
  }
}
