import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { empty, formatShape, Tensor } from '../tensor/tensor.js'
import type { Group } from './group.js'
import type { Hyper } from './hyper.js'
import type { UpdateRule } from './rule.js'

/** PyTorch's structure of an optimizer checkpoint. */
export interface OptimizerStateDict {
  /** By the number of the parameter, counted through all groups. */
  state: Record<string, Record<string, Tensor | number | null>>
  /** Options in PyTorch's spelling, and the numbers of the group's parameters. */
  param_groups: (Record<string, unknown> & { params: number[] })[]
}

type Entry = OptimizerStateDict['state'][string]

export function writeStateDict<O extends object>(
  rule: UpdateRule<O>,
  groups: readonly Group<O>[],
): OptimizerStateDict {
  const dict: OptimizerStateDict = { state: {}, param_groups: [] }
  let number = 0
  for (const group of groups) {
    const names = rule.stateArrays(group.values)
    const params: number[] = []
    group.params.forEach((parameter, index) => {
      const steps = group.stepsOf(index)
      if (steps > 0 && names.length > 0) {
        const entry: Entry = rule.countsSteps ? { step: scalar(steps) } : {}
        group.stateOf(index).forEach((part, i) => {
          const copy = empty(parameter.shape, parameter.dtype)
          copy.data.set(part)
          entry[names[i]!] = copy
        })
        dict.state[number] = entry
      }
      params.push(number++)
    })
    const options = hypers(rule).map(([option, { key }]) => {
      const value = (group.values as Record<string, unknown>)[option]
      return [key, Array.isArray(value) ? [...(value as unknown[])] : value]
    })
    dict.param_groups.push({ ...(Object.fromEntries(options) as object), params })
  }
  return dict
}

/** Checks everything first, then changes. */
export function readStateDict<O extends object>(
  rule: UpdateRule<O>,
  groups: readonly Group<O>[],
  dict: OptimizerStateDict,
): void {
  const who = `${rule.name}.loadStateDict`
  if (!isStateDict(dict)) {
    throw new ValueError(`${who}: expected an object with state and param_groups`)
  }
  const { param_groups: saved, state } = dict
  if (saved.length !== groups.length) {
    throw new ValueError(
      complaint(who, 'the number of groups', `${groups.length}`, `${saved.length}`),
    )
  }
  const changes: (() => void)[] = []
  groups.forEach((group, g) => {
    const { params } = saved[g]!
    const count = group.params.length
    if (!Array.isArray(params) || params.length !== count) {
      const got = Array.isArray(params) ? `${params.length}` : 'no params'
      throw new ValueError(complaint(who, `the parameters of group ${g}`, `${count}`, got))
    }
    const values = group.checked(optionsOf(rule, saved[g]!))
    const names = rule.stateArrays(values)
    const entries = params.map((number, index) =>
      checkedEntry(rule, who, group, index, number, names, state[number]),
    )
    changes.push(() => {
      group.assign(values)
      entries.forEach((entry, index) => {
        group.setSteps(index, entry?.steps ?? 0)
        group.stateOf(index).forEach((part, i) => {
          if (entry === undefined) part.fill(0)
          else part.set(entry.arrays[i]!.data)
        })
      })
    })
  })
  for (const change of changes) change()
}

function isStateDict(dict: unknown): dict is OptimizerStateDict {
  const { param_groups: groups, state } = (dict ?? {}) as Record<string, unknown>
  return Array.isArray(groups) && typeof state === 'object' && state !== null
}

interface CheckedEntry {
  steps: number
  arrays: Tensor[]
}

function checkedEntry<O extends object>(
  rule: UpdateRule<O>,
  who: string,
  group: Group<O>,
  index: number,
  number: number,
  names: readonly string[],
  entry: Entry | undefined,
): CheckedEntry | undefined {
  const present = Object.entries(entry ?? {}).filter(([, value]) => value !== null)
  if (entry === undefined || present.length === 0) return undefined
  const where = `state ${number}`
  const known = rule.countsSteps ? ['step', ...names] : names
  for (const [name] of present) {
    if (!known.includes(name)) {
      const expected = known.length === 0 ? 'no state' : known.join(', ')
      throw new ValueError(
        complaint(who, where, expected, name, 'it is of another optimizer or other options'),
      )
    }
  }
  const shape = formatShape(group.params[index]!.shape)
  const arrays = names.map((name) => {
    const value = entry[name]
    const what = `${name} of ${where}`
    if (!(value instanceof Tensor)) {
      throw new ValueError(complaint(who, what, `a tensor of shape ${shape}`, String(value)))
    }
    if (value.dtype !== 'float32' && value.dtype !== 'float64') {
      throw new DTypeError(complaint(who, what, 'float32 or float64', value.dtype))
    }
    if (formatShape(value.shape) !== shape) {
      throw new ShapeError(
        complaint(who, what, `shape ${shape}`, `shape ${formatShape(value.shape)}`),
      )
    }
    value.checkMemory()
    return value
  })
  if (!rule.countsSteps) return { steps: 1, arrays }
  const step = entry['step']
  const steps = step instanceof Tensor && step.length === 1 ? step.item() : step
  if (typeof steps !== 'number' || !Number.isInteger(steps) || steps < 0) {
    throw new ValueError(
      complaint(who, `step of ${where}`, 'a whole number of at least 0', String(steps)),
    )
  }
  return { steps, arrays }
}

/** The options of a saved group, by our names. */
function optionsOf<O extends object>(
  rule: UpdateRule<O>,
  saved: Record<string, unknown>,
): Partial<O> {
  const entries = hypers(rule)
    .filter(([, { key }]) => saved[key] !== undefined)
    .map(([option, { key }]) => [option, saved[key]])
  return Object.fromEntries(entries) as Partial<O>
}

function hypers<O extends object>(rule: UpdateRule<O>): [string, Hyper<unknown>][] {
  return Object.entries(rule.hyper as unknown as Record<string, Hyper<unknown>>)
}

function scalar(value: number): Tensor {
  const tensor = empty([], 'float64')
  tensor.data[0] = value
  return tensor
}
