import { parseArgs } from 'node:util'

import { drivers as allDrivers, type Driver } from './drivers.js'
import { lists as allLists, type List } from './lists.js'
import { trials as allTrials, type Trial } from './trials.js'

const names = (all: readonly { readonly name: string }[]): string =>
  all.map(({ name }) => name).join(', ')

const USAGE = `npm run bench -- [options]
  --only a,b       training: ${names(allTrials)}
                   lists: ${names(allLists)}
  --drivers a,b    of training: ${names(allDrivers)}
  --rounds n       rounds of each driver (default 7)
  --seconds s      how long a driver trains in one round (default 0.5)
  --cpu            training steps in CPU time, where others use the machine
  --threads n      threads of every driver (default 1)
  --out name       benchmarks/results/bench-<name>.json and .svg (default: the date)
  --quick          for CI: each training runs and learns, in smaller batches, without Python peers and
                   lists; nothing is written`

export interface Options {
  readonly threads: number
  readonly rounds: number
  readonly seconds: number
  readonly cpu: boolean
  readonly quick: boolean
  readonly out: string
  readonly trials: readonly Trial[]
  readonly lists: readonly List[]
  readonly drivers: readonly Driver[]
}

function refuse(message: string): never {
  console.error(`${message}\n\n${USAGE}`)
  process.exit(2)
}

function pick<Item extends { readonly name: string }>(
  all: readonly Item[],
  wanted: readonly string[] | undefined,
): readonly Item[] {
  return wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name))
}

function namesIn(
  option: string,
  text: string | undefined,
  all: readonly { readonly name: string }[],
): string[] | undefined {
  const wanted = text?.split(',')
  const unknown = wanted?.find((name) => all.every((item) => item.name !== name))
  if (unknown !== undefined) refuse(`--${option}: there is no ${unknown}`)
  return wanted
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) refuse(`--${option}: expected a positive number, got ${text}`)
  return value
}

export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      drivers: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      cpu: { type: 'boolean', default: false },
      threads: { type: 'string', default: '1' },
      out: { type: 'string', default: new Date().toISOString().slice(0, 10) },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit()
  }
  const { quick, out, cpu } = values
  const only = namesIn('only', values.only, [...allTrials, ...allLists])
  const wanted = namesIn('drivers', values.drivers, allDrivers)
  return {
    quick,
    out,
    cpu,
    threads: positive('threads', values.threads),
    rounds: positive('rounds', values.rounds ?? (quick ? '1' : '7')),
    seconds: positive('seconds', values.seconds ?? (quick ? '0.02' : '0.5')),
    trials: pick(allTrials, only).map((trial) => (quick ? { ...trial, ...trial.quick } : trial)),
    lists: quick ? [] : pick(allLists, only),
    drivers: pick(allDrivers, wanted).filter((driver) => wanted ?? (!quick || driver.quick)),
  }
}
