import { checkObject } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { empty, formatShape, Tensor } from '../tensor/tensor.js'
import type { Group } from './group.js'
import type { Hyper } from './hyper.js'
import type { UpdateRule } from './rule.js'

/** What an optimizer keeps under a name: lists of LBFGS alone. */
type StateValue = Tensor | number | null | readonly Tensor[] | readonly number[]

/** PyTorch's structure of an optimizer checkpoint. */
export interface OptimizerStateDict {
  /** By the number of the parameter, counted through all groups. */
  state: Record<string, Record<string, StateValue>>
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
      const always = rule.initialState !== undefined
      if ((steps > 0 || always) && names.length > 0) {
        const entry: Entry = rule.countsSteps ? { step: scalar(steps) } : {}
        if (rule.number !== undefined) entry[rule.number] = scalar(group.numberOf(index))
        group.stateOf(index).forEach((part, i) => {
          const name = names[i] ?? null
          if (name === null) return
          const copy = empty(parameter.shape, parameter.dtype)
          copy.data.set(part)
          entry[name] = copy
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
  dict: OptimizerStateDict | null | undefined,
): void {
  const who = `${rule.name}.loadStateDict`
  const { param_groups: given, state } = (dict ?? {}) as Partial<OptimizerStateDict>
  if (!Array.isArray(given) || typeof state !== 'object' || (state as unknown) === null) {
    throw new ValueError(`${who}: expected an object with state and param_groups`)
  }
  const saved = [...given]
  if (saved.length !== groups.length) {
    throw new ValueError(
      complaint(who, 'the number of groups', `${groups.length}`, `${saved.length}`),
    )
  }
  const changes: (() => void)[] = []
  groups.forEach((group, g) => {
    checkObject(who, `group ${g}`, saved[g])
    const { params } = saved[g]
    const count = group.params.length
    if (!Array.isArray(params) || params.length !== count) {
      const got = Array.isArray(params) ? `${params.length}` : 'no params'
      throw new ValueError(complaint(who, `the parameters of group ${g}`, `${count}`, got))
    }
    const values = group.checked(savedOptions(rule, saved[g]))
    const names = rule.stateArrays(values)
    const entries = params.map((number, index) =>
      checkedEntry(rule, who, group, index, number, names, state[number]),
    )
    changes.push(() => {
      group.assign(values)
      entries.forEach((entry, index) => {
        group.setSteps(index, entry?.steps ?? 0)
        if (rule.number !== undefined) group.setNumber(index, entry?.number ?? 0)
        group.stateOf(index).forEach((part, i) => {
          const array = entry?.arrays[i] ?? null
          if (array === null) part.fill(group.initialState)
          else part.set(array.data)
        })
      })
    })
  })
  for (const change of changes) change()
}

interface CheckedEntry {
  steps: number
  number: number
  /** null at a place that the options leave empty. */
  arrays: (Tensor | null)[]
}

function checkedEntry<O extends object>(
  rule: UpdateRule<O>,
  who: string,
  group: Group<O>,
  index: number,
  number: number,
  names: readonly (string | null)[],
  entry: Entry | undefined,
): CheckedEntry | undefined {
  const present = Object.entries(entry ?? {}).filter(([, value]) => value !== null)
  if (entry === undefined || present.length === 0) return undefined
  const where = `state ${number}`
  const numbers = [rule.countsSteps ? 'step' : null, rule.number ?? null]
  const known = [...numbers, ...names].filter((name) => name !== null)
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
    if (name === null) return null
    const value = entry[name]
    const what = `${name} of ${where}`
    if (!(value instanceof Tensor)) {
      throw new ValueError(complaint(who, what, `a tensor of shape ${shape}`, value))
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
  const own = rule.number === undefined ? 0 : numberIn(entry, rule.number)
  if (typeof own !== 'number' || !Number.isFinite(own)) {
    throw new ValueError(complaint(who, `${rule.number} of ${where}`, 'a finite number', own))
  }
  if (!rule.countsSteps) return { steps: 1, number: own, arrays }
  const steps = numberIn(entry, 'step')
  if (typeof steps !== 'number' || !Number.isInteger(steps) || steps < 0) {
    throw new ValueError(complaint(who, `step of ${where}`, 'a whole number of at least 0', steps))
  }
  return { steps, number: own, arrays }
}

/** A number of an entry, which PyTorch keeps as a tensor of one element or as such. */
function numberIn(entry: Entry, name: string): unknown {
  const value = entry[name]
  return value instanceof Tensor && value.length === 1 ? value.item() : value
}

/** The options of a saved group, by our names. */
function savedOptions<O extends object>(
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
