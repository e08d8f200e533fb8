// What the event loop felt while something was awaited.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import process from 'node:process'

/** Milliseconds. */
interface Spread {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface Watched {
  readonly seconds: number
  readonly cpuSeconds: number
  /** That a timer of 1 ms came late: what other programs took counts too. */
  readonly eventLoopDelay: Spread
  /** CPU of this process between two turns of the event loop. */
  readonly cpuOfTurn: Spread
}

export const rounded = (value: number): number => Math.round(value * 100) / 100

/** CPU of this process so far, in milliseconds. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

export async function watch(work: () => Promise<unknown>): Promise<Watched> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const turns = noteTurns()
  const cpu = cpuMilliseconds()
  const start = performance.now()
  delay.enable()
  await work()
  delay.disable()
  return {
    seconds: rounded((performance.now() - start) / 1000),
    cpuSeconds: rounded((cpuMilliseconds() - cpu) / 1000),
    eventLoopDelay: {
      p50: rounded(delay.percentile(50) / 1e6),
      p99: rounded(delay.percentile(99) / 1e6),
      max: rounded(delay.max / 1e6),
    },
    cpuOfTurn: spread(turns()),
  }
}

/** Notes the CPU of each turn of the event loop until it is ended. */
function noteTurns(): () => number[] {
  const turns: number[] = []
  let last = cpuMilliseconds()
  let watching = true
  const turn = (): void => {
    const now = cpuMilliseconds()
    turns.push(now - last)
    last = now
    if (watching) setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    watching = false
    return turns.sort((a, b) => a - b)
  }
}

function spread(ascending: readonly number[]): Spread {
  const at = (share: number): number =>
    rounded(ascending[Math.floor((ascending.length - 1) * share)]!)
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
