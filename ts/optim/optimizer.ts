import { checkText, itemsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels, noteUse } from '../kernels/backend.js'
import { namedOptions } from '../options.js'
import { Parameter } from '../nn/parameter.js'
import { checkFloat } from '../tensor/create.js'
import { Group, type ParamGroup } from './group.js'
import type { UpdateRule } from './rule.js'
import { readStateDict, writeStateDict, type OptimizerStateDict } from './state-dict.js'

export type { ParamGroup } from './group.js'
export type { OptimizerStateDict } from './state-dict.js'

/** Parameters with options of their own; an option left out is the optimizer's. `name` is for messages. */
export type ParamGroupOptions<O> = Partial<O> & {
  params: Parameter | Iterable<Parameter>
  name?: string
}

/** What an optimizer is made of: parameters, or groups of them. */
export type OptimizerParams<O> = Iterable<Parameter> | Iterable<ParamGroupOptions<O>>

/**
 * What all optimizers share: parameter groups, checks, state, checkpoints. The mathematics is the
 * `UpdateRule` that a subclass passes.
 *
 * A parameter whose `grad` is null is skipped: neither its value nor its state changes.
 *
 * @see https://pytorch.org/docs/stable/optim.html
 */
export class Optimizer<O extends object> {
  readonly #rule: UpdateRule<O>
  readonly #options: Partial<O>
  readonly #groups: Group<O>[] = []

  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(rule: UpdateRule<O>, params: OptimizerParams<O>, options: Partial<O>) {
    this.#rule = rule
    this.#options = namedOptions(rule.name, rule.hyper, options) as Partial<O>
    const given = this.#list<Parameter | ParamGroupOptions<O>>(params)
    if (given.length === 0) {
      throw new ValueError(
        `${rule.name}: expected parameters, got an empty list; pass model.parameters()`,
      )
    }
    const grouped = given.some((item) => !(item instanceof Parameter) && isGroup(item))
    const groups = grouped ? given : [{ ...this.#options, params: given }]
    for (const group of groups) this.addParamGroup(group as ParamGroupOptions<O>)
  }

  /** The groups. Their options are live: set `paramGroups[0].lr` and the next step uses it. */
  get paramGroups(): readonly ParamGroup<O>[] {
    return this.#groups.map((group) => group.live)
  }

  /**
   * Adds parameters, for example of layers that are unfrozen during training.
   *
   * @throws ValueError for an option out of its range or a parameter that is there already.
   * @throws DTypeError when a parameter is not of a float dtype.
   */
  addParamGroup(group: ParamGroupOptions<O>): void {
    const index = this.#groups.length
    const where = `${this.#rule.name}: parameter group ${index}`
    if (!isGroup(group)) {
      throw new ValueError(complaint(where, 'it', 'an object with params', group))
    }
    const { params, name, ...options } = group
    if (name !== undefined) checkText(where, 'name', 'a word', name)
    const list = params instanceof Parameter ? [params] : this.#list<Parameter>(params)
    const seen = new Set(this.#groups.flatMap((other) => other.params))
    list.forEach((parameter, i) => {
      if (!(parameter instanceof Parameter)) {
        const hint = 'pass model.parameters()'
        throw new ValueError(complaint(where, `item ${i}`, 'a Parameter', parameter, hint))
      }
      checkFloat(where, `parameter ${i}`, parameter.dtype)
      if (seen.has(parameter)) {
        throw new ValueError(
          `${where}: parameter ${i} ${parameter.toString()} is there already; each may be given once`,
        )
      }
      seen.add(parameter)
    })
    const all = { ...defined(this.#options), ...defined(options) } as Partial<O>
    this.#groups.push(new Group(this.#rule, index, name, Object.freeze(list), all))
  }

  /** Forgets the gradients of all parameters: their `grad` becomes null. */
  zeroGrad(): void {
    noteUse(this)
    for (const group of this.#groups) {
      for (const parameter of group.params) parameter.zeroGrad()
    }
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @throws DTypeError when a parameter has changed its dtype since it was given.
   * @throws ValueError when the ArrayBuffer of one was detached or shrunk. Nothing was updated then.
   */
  step(): void {
    noteUse(this)
    for (const group of this.#groups) group.collect()
    // A kernel checks its own operands first; of several calls, a later one must not fail.
    if (this.#groups.length > 1 || this.#groups[0]!.mixed) {
      for (const group of this.#groups) group.checkMemory()
    }
    const backend = kernels()
    for (const group of this.#groups) group.step(backend)
  }

  /**
   * Changes whenever a step begins to be another list of kernel calls: groups were added, options need
   * other state.
   *
   * @internal
   */
  get revision(): number {
    return this.#groups.reduce((sum, group) => sum + group.revision, this.#groups.length)
  }

  /**
   * A copy of state and options in PyTorch's structure and spelling:
   * `{ state: { 0: { step, exp_avg, … } }, param_groups: [{ lr, …, params: [0, 1] }] }`. Parameters
   * are numbered through all groups; those that were never updated have no entry in `state`.
   */
  stateDict(): OptimizerStateDict {
    return writeStateDict(this.#rule, this.#groups)
  }

  /**
   * Takes state and options from a state dict of an optimizer of the same kind over parameters of the
   * same shapes in the same order. Options that the dict does not have stay; keys that only PyTorch
   * knows (`foreach`, `capturable`) are ignored.
   *
   * @throws ValueError, ShapeError, DTypeError when it does not fit; nothing was changed.
   */
  loadStateDict(dict: OptimizerStateDict): void {
    readStateDict(this.#rule, this.#groups, dict)
  }

  toString(): string {
    const lines = this.#groups.map((group, i) => {
      const options = Object.entries(group.values).map(
        ([option, value]) => `${option}: ${String(value)}`,
      )
      return `  group ${i}: ${group.params.length} parameters, ${options.join(', ')}`
    })
    return `${this.#rule.name} (\n${lines.join('\n')}\n)`
  }

  #list<T>(items: Iterable<T>): T[] {
    return itemsOf(this.#rule.name, 'params', items) as T[]
  }
}

function isGroup(item: unknown): item is { params: unknown } {
  return typeof item === 'object' && item !== null && 'params' in item
}

/** Without the keys whose value is undefined: those mean the optimizer's own. */
function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
