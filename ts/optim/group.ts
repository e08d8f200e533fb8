import { ValueError } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Parameter } from '../nn/parameter.js'
import type { TypedArray } from '../kernels/dtype.js'
import { checkNames, checkOption, readOptions } from '../options.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { noteWrite } from '../tensor/written.js'
import { Bucket } from './bucket.js'
import type { Hyper } from './hyper.js'
import type { UpdateRule } from './rule.js'

/**
 * Parameters that share their options. Options may be set at any time; the next step uses them.
 *
 * @throws ValueError on setting an option out of its range; it keeps its value.
 */
export type ParamGroup<O> = O & { readonly params: readonly Parameter[]; readonly name?: string }

/**
 * A group as the optimizer works on it: its options checked and mirrored into the buffer that the
 * kernel reads, its step counters, its state.
 */
export class Group<O extends object> {
  /** What users see in `paramGroups`. */
  readonly live: ParamGroup<O>
  readonly params: readonly Parameter[]
  readonly #where: string
  readonly #rule: UpdateRule<O>
  readonly #table: Readonly<Record<string, Hyper<unknown>>>
  readonly #hyper: Tensor
  readonly #hyperData: Float64Array
  readonly #steps: Tensor
  readonly #numbers: Tensor
  // The counters count updates of the state; where a rule keeps none (SGD without momentum), its
  // kernel counts here instead, so that a momentum set later still finds its first step.
  readonly #idleSteps: Tensor
  readonly #buckets: readonly Bucket[]
  #values: O
  #revision = 0

  constructor(
    rule: UpdateRule<O>,
    index: number,
    name: string | undefined,
    params: readonly Parameter[],
    options: Partial<O>,
  ) {
    this.#rule = rule
    this.#table = rule.hyper
    this.#where = `${rule.name}: parameter group ${index}${name === undefined ? '' : ` (${name})`}`
    this.params = params
    this.#values = this.#checked(
      readOptions(this.#where, this.#table, undefined) as unknown as O,
      options,
    )
    this.#hyper = empty([rule.hyperLength], 'float64')
    this.#hyperData = this.#hyper.data as Float64Array
    this.#steps = empty([params.length], 'float64')
    this.#idleSteps = empty([params.length], 'float64')
    this.#numbers = empty([rule.number === undefined ? 0 : params.length], 'float64')
    const dtypes = ['float32', 'float64'] as const
    this.#buckets = dtypes
      .filter((dtype) => params.some((parameter) => parameter.dtype === dtype))
      .map((dtype) => new Bucket(dtype, params))
    for (const [place, value] of rule.constants ?? []) this.#hyperData[place] = value
    this.#mirror()
    this.live = this.#accessors(name)
  }

  get values(): Readonly<O> {
    return this.#values
  }

  /**
   * The group's options with `changes` made, nothing changed yet.
   *
   * @throws ValueError naming the group, the option and the value.
   */
  checked(changes: Partial<O>): O {
    return this.#checked(this.#values, changes)
  }

  /** Takes options that `checked` returned. */
  assign(values: O): void {
    const arrays = this.#arrays()
    this.#values = values
    if (this.#arrays() !== arrays) this.#revision++
    this.#mirror()
  }

  /** How often options have come to need other state than before. */
  get revision(): number {
    return this.#revision
  }

  /** Finds the gradients. @throws DTypeError when a parameter has changed its dtype. */
  collect(): void {
    for (const bucket of this.#buckets) bucket.collect(this.#where)
  }

  /** Whether a step takes more than one kernel call: one for each dtype. */
  get mixed(): boolean {
    return this.#buckets.length > 1
  }

  /** @throws ValueError when the memory of a parameter or a gradient is gone. */
  checkMemory(): void {
    for (const parameter of this.params) {
      if (parameter.grad === null) continue
      parameter.checkMemory()
      parameter.grad.checkMemory()
    }
  }

  /** One step over the gradients that `collect` found. */
  step(kernels: Kernels): void {
    const arrays = this.#arrays()
    const steps = arrays === 0 ? this.#idleSteps : this.#steps
    for (const bucket of this.#buckets) {
      if (bucket.slots.length === 0) continue
      bucket.reserve(arrays, this.initialState)
      const { state, stateLength, slots } = bucket
      const [hyper, numbers] = [this.#hyper, this.#numbers]
      this.#rule.step(kernels, { hyper, steps, numbers, state, stateLength, slots })
      for (let i = 0; i < slots.length; i++) noteWrite(slots[i]!.parameter)
    }
  }

  /** What the state arrays hold before the first step. */
  get initialState(): number {
    return this.#rule.initialState?.(this.#values) ?? 0
  }

  /** How often the state of a parameter was updated. */
  stepsOf(index: number): number {
    return this.#steps.data[index]!
  }

  setSteps(index: number, steps: number): void {
    this.#steps.data[index] = steps
  }

  /** The number that is kept for a parameter, of a rule that keeps one. */
  numberOf(index: number): number {
    return this.#numbers.data[index]!
  }

  setNumber(index: number, value: number): void {
    this.#numbers.data[index] = value
  }

  /** The state arrays of a parameter in the order of the rule's `stateArrays`, not copied. */
  stateOf(index: number): TypedArray[] {
    const arrays = this.#arrays()
    for (const bucket of this.#buckets) {
      const parts = bucket.partsOf(index, arrays, this.initialState)
      if (parts !== null) return parts
    }
    return []
  }

  /** How many state arrays there have to be, empty places between them included. */
  #arrays(): number {
    return this.#rule.stateArrays(this.#values).findLastIndex((name) => name !== null) + 1
  }

  #checked(values: O, changes: Partial<O>): O {
    const next = { ...values } as Record<string, unknown>
    checkNames(this.#where, this.#table, changes)
    for (const [option, value] of Object.entries(changes)) {
      checkOption(this.#where, option, this.#table[option]!, value)
      next[option] = Array.isArray(value) ? Object.freeze([...(value as unknown[])]) : value
    }
    const conflict = this.#rule.conflict?.(next as O)
    if (conflict !== undefined) throw new ValueError(`${this.#where}: ${conflict}`)
    return next as O
  }

  #mirror(): void {
    const values = this.#values as Record<string, unknown>
    for (const [option, hyper] of Object.entries(this.#table)) {
      hyper.write(this.#hyperData, values[option])
    }
  }

  #accessors(name: string | undefined): ParamGroup<O> {
    const live: object = { params: this.params, ...(name === undefined ? {} : { name }) }
    for (const option of Object.keys(this.#table)) {
      Object.defineProperty(live, option, {
        enumerable: true,
        get: () => (this.#values as Record<string, unknown>)[option],
        set: (value: unknown) => {
          this.assign(this.checked({ [option]: value } as Partial<O>))
        },
      })
    }
    // Sealed, so that a misspelt option throws instead of changing nothing.
    return Object.seal(live) as ParamGroup<O>
  }
}
