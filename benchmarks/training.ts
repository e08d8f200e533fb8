// The first half of npm run bench: one training step of every trial in every driver.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { DriverProcesses } from './driver-processes.js'
import { writeDataset } from './dataset.js'
import { labelOf } from './drivers.js'
import { measure, type Result } from './measure.js'
import type { Options } from './options.js'
import { table } from './report.js'

export interface Training {
  readonly versions: DriverProcesses['versions']
  readonly missing: DriverProcesses['missing']
  readonly results: Readonly<Record<string, readonly Result[]>>
  /** By trial, what went wrong with it: then it has no results. */
  readonly failures: Readonly<Record<string, string>>
}

// Of PyTorch, TensorFlow.js and JAX: whoever takes longer for a step of the quick mode is left out.
const QUICK_PATIENCE = 10 // seconds

/** Measures, and prints tables as they come. */
export async function train(options: Options, folder: string): Promise<Training> {
  const { drivers, threads, rounds, seconds, quick } = options
  const labels = new Map(drivers.map((driver) => [driver.name, labelOf(driver)]))
  const processes = await DriverProcesses.start(drivers, threads, quick ? QUICK_PATIENCE : Infinity)
  const results: Record<string, readonly Result[]> = {}
  const failures: Record<string, string> = {}
  const { versions, missing } = processes
  try {
    if (quick) console.log('quick: every trial runs and learns, its times mean nothing')
    for (const [name, packages] of Object.entries(versions)) {
      const list = Object.entries(packages).map((entry) => entry.join(' '))
      console.log(`  ${labels.get(name)}: ${list.join(', ')}`)
    }
    for (const [name, reason] of Object.entries(missing)) {
      console.log(`  ${labels.get(name)}: MISSING, ${reason}`)
    }
    for (const trial of options.trials) {
      const files = join(folder, trial.name)
      mkdirSync(files)
      writeDataset(trial, files)
      console.log(`\n${trial.name}: ${trial.summary}`)
      try {
        const slowStep = quick ? 0.2 : 1.5
        const clock = options.cpu ? 'cpuSeconds' : 'seconds'
        const how = { rounds, secondsARound: seconds, clock, slowStep } as const
        results[trial.name] = await measure(trial, files, processes, how)
        console.log(table(results[trial.name]!, labels))
      } catch (error) {
        // What the other trials show is not lost.
        failures[trial.name] = error instanceof Error ? error.message : String(error)
        console.error(`  FAILED: ${failures[trial.name]}`)
      }
      rmSync(files, { recursive: true })
    }
  } finally {
    processes.stop()
  }
  return { versions, missing, results, failures }
}
