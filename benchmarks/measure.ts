// One trial over several drivers: learn, agree, calibrate, then rounds that go from driver to driver.
import { DriverError } from './child.js'
import type { Child } from './child.js'
import type { DriverProcesses } from './driver-processes.js'
import { format, median } from './statistics.js'
import type { Trial } from './trials.js'

/** Steps done, and the loss after them. */
export interface Checkpoint {
  readonly steps: number
  readonly loss: number
}

/** One driver's figures of one trial. */
export interface Measurement {
  readonly driver: string
  /** Microseconds a step, one figure a round. */
  readonly microseconds: readonly number[]
  readonly median: number
  /** The fastest round: nearest to the time on an idle machine, where the machine was not idle. */
  readonly fastest: number
  /** Before training, and after each of the trial's checkpoints; slow drivers stop at the first. */
  readonly learned: readonly Checkpoint[]
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
  /** Which time counts: that of the clock, or that of the processor in all threads of a driver. */
  readonly clock: 'seconds' | 'cpuSeconds'
  /** A driver that takes longer for one step is timed once, over that step. */
  readonly slowStep: number
}

interface Runner {
  readonly driver: string
  readonly child: Child
  readonly learned: Checkpoint[]
  readonly microseconds: number[]
  /** Steps a round; 0 for a driver too slow for rounds. */
  steps: number
}

/** Steps of a round, found by doubling until the clock can be trusted. */
async function stepsIn(child: Child, { secondsARound, clock }: MeasureOptions): Promise<number> {
  for (let steps = 1; ; steps *= 2) {
    const run = await child.ask({ command: 'run', steps })
    if (run[clock] > secondsARound / 8) {
      return Math.max(1, Math.round((secondsARound * run.steps) / run[clock]))
    }
    steps = Math.max(steps, run.steps)
  }
}

/** Trains over the checkpoints and calibrates. */
async function learn(trial: Trial, runner: Runner, options: MeasureOptions): Promise<void> {
  const { child, learned, microseconds } = runner
  const mark = async (steps: number): Promise<void> => {
    learned.push({ steps, loss: (await child.ask({ command: 'loss' })).loss })
  }
  const [few, all] = trial.checkpoints
  await mark(0)
  const first = await child.ask({ command: 'learn', steps: few })
  await mark(few)
  let done = few
  if (first[options.clock] > few * options.slowStep) {
    // The first step may have compiled the network: the next one tells.
    const seconds = (await child.ask({ command: 'learn', steps: 1 }))[options.clock]
    if (seconds > options.slowStep) {
      microseconds.push(seconds * 1e6)
      return
    }
    done += 1
  }
  await child.ask({ command: 'learn', steps: all - done })
  await mark(all)
  runner.steps = await stepsIn(child, options)
}

/** Each loss must have fallen, and be that of the other drivers after as many steps. */
function checkLearned(trial: Trial, runners: readonly Runner[]): void {
  for (const steps of [0, ...trial.checkpoints]) {
    const losses = new Map<string, number>()
    for (const { driver, learned } of runners) {
      const reached = learned.find((checkpoint) => checkpoint.steps === steps)
      if (reached === undefined) continue
      const { loss } = reached
      const before = learned[0]!.loss
      if (steps > 0 && !(loss < before)) {
        throw new Error(
          `${driver} does not learn ${trial.name}: after ${steps} steps the loss over ` +
            `${trial.lossSamples} samples went from ${before} to ${loss}`,
        )
      }
      losses.set(driver, loss)
    }
    const middle = median([...losses.values()])
    for (const [driver, loss] of losses) {
      if (Math.abs(loss - middle) <= trial.lossTolerance * middle) continue
      const all = [...losses].map((entry) => `${entry[0]} ${format(entry[1])}`).join(', ')
      throw new Error(
        `${driver} does not train the network of ${trial.name} as the others do: losses after ` +
          `${steps} steps: ${all}`,
      )
    }
  }
}

/**
 * Trains the trial on every driver.
 *
 * @throws Error when a driver does not learn, or learns something else than the others.
 */
export async function measure(
  trial: Trial,
  folder: string,
  processes: DriverProcesses,
  options: MeasureOptions,
): Promise<Result[]> {
  const results: Result[] = []
  const runners: Runner[] = []
  for (const { name: driver, ours } of processes.drivers) {
    const runner = {
      driver,
      child: await processes.child(driver),
      learned: [],
      microseconds: [],
      steps: 0,
    }
    try {
      const { unsupported } = await runner.child.ask({ command: 'prepare', trial, folder })
      if (unsupported !== undefined) throw new DriverError(unsupported)
      await learn(trial, runner, options)
      runners.push(runner)
    } catch (error) {
      if (ours || !(error instanceof DriverError)) throw error
      results.push({ driver, unsupported: error.message })
    }
  }
  checkLearned(trial, runners)

  const running = runners.filter(({ steps }) => steps > 0)
  for (let round = 0; round < options.rounds; ++round) {
    // Every other round goes backwards: nobody always comes after the same neighbour.
    for (const { child, steps, microseconds } of round % 2 === 0 ? running : running.toReversed()) {
      const run = await child.ask({ command: 'run', steps })
      microseconds.push((run[options.clock] / run.steps) * 1e6)
    }
  }
  const measured = runners.map(({ driver, microseconds, learned }) => ({
    driver,
    microseconds,
    median: median(microseconds),
    fastest: Math.min(...microseconds),
    learned,
  }))
  return [...measured, ...results]
}
