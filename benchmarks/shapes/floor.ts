import { native } from '../../ts/kernels/native/index.js'
import { empty } from '../../ts/index.js'

/** What an operation does at least. */
export interface Work {
  readonly multiplyAdds: number
  /** Read and written. */
  readonly bytes: number
  /** Microseconds for the calls themselves. */
  readonly calls: number
  readonly run: () => void
}

const nanoseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}

/** Microseconds of CPU time a call: the fastest of a few runs, which others on the machine disturb least. */
export function timeOf(run: () => void, floor: number): number {
  run()
  const start = nanoseconds()
  run()
  const first = Math.max(nanoseconds() - start, 1000 * floor)
  const times = Math.max(1, Math.min(20_000, Math.round(8e5 / first)))
  const runs = Array.from({ length: 5 }, () => {
    const from = nanoseconds()
    for (let i = 0; i < times; i++) run()
    return (nanoseconds() - from) / times / 1000
  })
  return Math.min(...runs)
}

/** Multiply-adds and bytes that this machine does in a nanosecond, from the caches. */
export function speeds(): { multiplyAdds: number; bytes: number } {
  const [a, b, c] = [empty([256, 256]), empty([256, 256]), empty([256, 256])]
  const product = timeOf(() => {
    native.matmul({ a, b, out: c, m: 256, n: 256, k: 256 })
  }, 1)
  const sum = timeOf(() => {
    native.axpby({ x: a, y: b, n: a.length, alpha: 1, beta: 1 })
  }, 1)
  return { multiplyAdds: 256 ** 3 / product / 1000, bytes: (3 * 4 * a.length) / sum / 1000 }
}
