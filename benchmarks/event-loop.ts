// How late timers are while a library trains by its own loop: a list of npm run bench.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { format } from './statistics.js'

/** Milliseconds by which timers of 10 ms were late, and the share that was not by more than 5. */
interface Lateness {
  readonly p50: number
  readonly p99: number
  readonly worst: number
  readonly onTime: number
  readonly stepsPerSecond: number
}

const SECONDS = 8

/** Prints a table and returns it. */
export function eventLoop(): Readonly<Record<string, Lateness>> {
  const script = fileURLToPath(new URL('drivers/event-loop.ts', import.meta.url))
  const measured: Record<string, Lateness> = {}
  console.log('  while training 784-512-256-10, batch 128, with all threads: timers of 10 ms')
  for (const driver of ['idle', 'gradlane', 'wasm', 'cpu']) {
    const args = ['--import', 'tsx', script, driver, String(SECONDS)]
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' })
    const figures = JSON.parse(output.trim().split('\n').at(-1)!) as Lateness
    const { p50, p99, worst, onTime, stepsPerSecond } = figures
    const name = driver === 'wasm' || driver === 'cpu' ? `tfjs ${driver}` : driver
    measured[name] = figures
    console.log(
      `  ${name.padEnd(10)} late by ${format(p50)} ms (median), ${format(p99)} (p99), ${format(worst)} (worst); ` +
        `${(100 * onTime).toFixed(1)} % within 5 ms; ${format(stepsPerSecond)} steps/s`,
    )
  }
  return measured
}
