// One trial over several drivers: learn, calibrate, then rounds that go from driver to driver.
import type { Child } from './child.js'
import { LOSS_SAMPLES } from './protocol.js'
import { median } from './statistics.js'
import type { Trial } from './trials.js'

/** One driver's figures of one trial. */
export interface Measurement {
  readonly driver: string
  /** Microseconds a step, one figure a round. */
  readonly microseconds: number[]
  readonly median: number
  /** The fastest round: nearest to the time on an idle machine, where the machine was not idle. */
  readonly fastest: number
  /** Mean loss over the first LOSS_SAMPLES samples before training and after `learnSteps` steps. */
  readonly loss: { readonly before: number; readonly after: number; readonly steps: number }
}

export interface Refusal {
  readonly driver: string
  readonly unsupported: string
}

export type Result = Measurement | Refusal

export interface MeasureOptions {
  readonly rounds: number
  /** How long a driver trains in one round. */
  readonly secondsARound: number
}

/** Steps that take about `seconds`, found by doubling until the clock can be trusted. */
async function stepsIn(child: Child, seconds: number): Promise<number> {
  for (let steps = 1; ; steps *= 2) {
    const run = await child.ask({ command: 'run', steps })
    if (run.seconds > seconds / 8) {
      return Math.max(1, Math.round((seconds * run.steps) / run.seconds))
    }
    steps = Math.max(steps, run.steps)
  }
}

/**
 * Trains the trial on every driver.
 *
 * @throws Error when a driver does not learn: its loss must have fallen.
 */
export async function measure(
  trial: Trial,
  folder: string,
  children: ReadonlyMap<string, Child>,
  options: MeasureOptions,
): Promise<Result[]> {
  const results: Result[] = []
  const running: { child: Child; steps: number; measurement: Measurement }[] = []

  for (const [driver, child] of children) {
    const { unsupported } = await child.ask({ command: 'prepare', trial, folder })
    if (unsupported !== undefined) {
      results.push({ driver, unsupported })
      continue
    }
    const before = (await child.ask({ command: 'loss' })).loss
    const { steps } = await child.ask({ command: 'run', steps: trial.learnSteps })
    const after = (await child.ask({ command: 'loss' })).loss
    if (!(after < before)) {
      throw new Error(
        `${driver} does not learn ${trial.name}: after ${steps} steps the loss over ` +
          `${Math.min(LOSS_SAMPLES, trial.samples)} samples went from ${before} to ${after}`,
      )
    }
    const measurement = {
      driver,
      microseconds: [],
      median: NaN,
      fastest: NaN,
      loss: { before, after, steps },
    }
    running.push({ child, steps: await stepsIn(child, options.secondsARound), measurement })
  }

  for (let round = 0; round < options.rounds; ++round) {
    // Every other round goes backwards: nobody always comes after the same neighbour.
    for (const { child, steps, measurement } of round % 2 === 0 ? running : running.toReversed()) {
      const run = await child.ask({ command: 'run', steps })
      measurement.microseconds.push((run.seconds / run.steps) * 1e6)
    }
  }
  for (const { measurement } of running) {
    const { microseconds } = measurement
    results.push({
      ...measurement,
      median: median(microseconds),
      fastest: Math.min(...microseconds),
    })
  }
  return results
}
