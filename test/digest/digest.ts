import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'

import { capture, type FloatDType, getBackend, info, Tensor } from '../../ts/index.js'
import type { Training } from './training.js'
import { trainings } from './trainings.js'

/** What stands in digests.json: by training and dtype, then by ISA target or `reference`. */
export interface Digests {
  /** Which compiler the digests are of: another one may contract and order sums otherwise. */
  readonly compiler: string
  readonly digests: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export const file = new URL('digests.json', import.meta.url)
export const committed = (): Digests => JSON.parse(fs.readFileSync(file, 'utf8')) as Digests

/** 50 steps natively, 10 on the reference backend, which is slow. */
const half = (): number => (getBackend() === 'native' ? 25 : 5)

/** NAdam's powers have broken exponents; engines differ in the last bits of those. */
const unportable = /NAdam/

/** The trainings that this backend gives the same bits for wherever it runs, in both dtypes. */
export function cases(): [key: string, name: string, dtype: FloatDType][] {
  return [...trainings.keys()]
    .filter((name) => getBackend() === 'native' || !unportable.test(name))
    .flatMap((name) =>
      (['float32', 'float64'] as const).map((dtype): [string, string, FloatDType] => [
        `${name}, ${dtype}`,
        name,
        dtype,
      ]),
    )
}

/** The column of digests.json. */
export const column = (): string => (getBackend() === 'native' ? info().isa! : 'reference')

/** Why the digests of this process are no others' measure; null where they are. */
export function incomparable(compiler: string): string | null {
  if (getBackend() === 'reference') {
    return process.arch === 'x64' ? null : 'the reference backend on another processor'
  }
  const own = compilerOf(loadedBinary())
  return own === compiler ? null : `a binary by ${own}, not ${compiler}`
}

export const compiler = (): string => compilerOf(loadedBinary())

/** What the compiler has left in the file. */
function compilerOf(binary: string): string {
  const text = fs.readFileSync(binary, 'latin1')
  const found = /clang version [\d.]+/.exec(text) ?? /GCC: \([^)]*\) [\d.]+/.exec(text)
  return found?.[0].replace(/: \(.*\)/, '') ?? 'an unknown compiler'
}

function loadedBinary(): string {
  info() // loads it
  const { cache } = createRequire(import.meta.url)
  return Object.keys(cache).find((name) => name.endsWith('.node') && name.includes('gradlane'))!
}

/**
 * A digest of what the steps of a training leave.
 *
 * @throws Error when a number of it is not finite, or a parameter is where it was: the digest would tell
 *   little.
 */
export function digestOf(name: string, dtype: FloatDType, captured: boolean): string {
  const training = trainings.get(name)!(dtype)
  const before = training.model.parameters().map((parameter) => parameter.data.slice())
  run(training, captured, half())
  training.model.parameters().forEach(({ data }, i) => {
    if (before[i]!.every((value, j) => value === data[j])) throw new Error(`parameter ${i} stayed`)
  })
  const hash = createHash('sha256')
  for (const [part, { data }] of stateOf(training)) {
    if (!Array.from(data).every(Number.isFinite)) throw new Error(`${part} is not finite`)
    hash.update(`${part}\n`).update(data)
  }
  return hash.digest('hex').slice(0, 16)
}

function run(training: Training, captured: boolean, steps: number): void {
  const { inputs, halfway } = training
  if (!captured) {
    for (let i = 0; i < steps; i++) training.step(inputs)
    halfway?.()
    for (let i = 0; i < steps; i++) training.step(inputs)
    return
  }
  const step = capture((batch: Training['inputs']) => training.step(batch), { inputs })
  step.runSync({}, { times: steps })
  halfway?.()
  step.runSync({}, { times: steps })
}

/** All numbers that a training has changed: parameters, buffers, the optimizer's state. */
function stateOf({ model, optimizer }: Training): [name: string, tensor: Tensor][] {
  const moments = Object.entries(optimizer.stateDict().state).flatMap(([number, entry]) =>
    Object.entries(entry).map(([name, value]): [string, unknown] => [`${number}.${name}`, value]),
  )
  return [...Object.entries(model.stateDict()), ...moments].filter(
    (part): part is [string, Tensor] => part[1] instanceof Tensor,
  )
}
