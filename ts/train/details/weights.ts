import type { Module } from '../../nn/module.js'
import type { WeightHistogram, WeightRecord } from '../records.js'
import type { Task } from '../task.js'

const BINS = 30

/** Elements between two pauses: a millisecond or less once the code is warm. */
const SLICE = 2 ** 16

/** Records that are kept of a training, however long. */
const MOST_KEPT = 32

/** Histograms of all parameters of a model; pauses now and then. */
export function* weightHistograms(model: Module): Task<Record<string, WeightHistogram>> {
  const histograms: [path: string, WeightHistogram][] = []
  let done = 0
  for (const [path, { data }] of model.namedParameters()) {
    const histogram = new Counting()
    for (const pass of ['survey', 'count'] as const) {
      for (let start = 0; start < data.length; start += SLICE) {
        const part = data.subarray(start, start + SLICE)
        histogram[pass](part as Float32Array)
        done += part.length
        if (done < SLICE) continue
        done = 0
        yield
      }
    }
    histograms.push([path, histogram.result(data.length)])
  }
  return Object.fromEntries(histograms)
}

/** Two passes over numbers: the first finds their range and mean, the second counts. */
class Counting {
  #min = Infinity
  #max = -Infinity
  #sum = 0
  #finite = 0
  #squares = 0
  readonly #counts = new Array<number>(BINS).fill(0)

  survey(values: Float32Array): void {
    let [min, max, sum, finite] = [this.#min, this.#max, this.#sum, this.#finite]
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (!Number.isFinite(value)) continue
      if (value < min) min = value
      if (value > max) max = value
      sum += value
      finite++
    }
    ;[this.#min, this.#max, this.#sum, this.#finite] = [min, max, sum, finite]
  }

  count(values: Float32Array): void {
    const [min, counts, mean] = [this.#min, this.#counts, this.#mean]
    const scale = this.#max > min ? BINS / (this.#max - min) : 0
    let squares = this.#squares
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (!Number.isFinite(value)) continue
      counts[Math.min(BINS - 1, Math.floor((value - min) * scale))]! += 1
      squares += (value - mean) ** 2
    }
    this.#squares = squares
  }

  result(length: number): WeightHistogram {
    const finite = this.#finite
    const counts = this.#counts
    const notFinite = length - finite
    if (finite === 0) return { min: 0, max: 0, mean: 0, std: 0, notFinite, counts }
    const std = Math.sqrt(this.#squares / finite)
    return { min: this.#min, max: this.#max, mean: this.#mean, std, notFinite, counts }
  }

  get #mean(): number {
    return this.#sum / this.#finite
  }
}

/** Whether the weights after an epoch are to be kept: all of 32 epochs, every second of 64, … */
export function isKept(epoch: number): boolean {
  return epoch % strideAt(epoch) === 0
}

/** Adds a record and drops those that have become too many: what is left depends on the epoch alone. */
export function keep(records: WeightRecord[], record: WeightRecord): void {
  const stride = strideAt(record.epoch)
  const kept = records.filter(({ epoch }) => epoch % stride === 0 && epoch < record.epoch)
  records.splice(0, Infinity, ...kept, record)
}

function strideAt(epoch: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2((epoch + 1) / MOST_KEPT)))
}
