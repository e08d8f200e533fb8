import { itemsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { Module } from './module.js'
import type { Parameter } from './parameter.js'

/**
 * Modules or parameters by place, each a property by that name: `list[0]`, which may be set.
 *
 * `Given` is what they may be made of.
 */
export abstract class ItemList<T extends Module | Parameter, Given = T>
  extends Module
  implements Iterable<T>
{
  [index: number]: T

  readonly #items: T[] = []

  get length(): number {
    return this.#items.length
  }

  /** The one at a place; negative places count from the end. */
  at(index: number): T | undefined {
    this.#checkWhole(index)
    return this.#items.at(index)
  }

  /** Adds one at the end. Returns the list. */
  append(item: Given): this {
    return this.insert(this.length, item)
  }

  /** Adds all of them at the end. Returns the list. */
  extend(items: Iterable<Given>): this {
    const all = itemsOf(this.constructor.name, 'what is added', items)
    const checked = all.map((item, i) => this.checked(item, this.length + i))
    for (const item of checked) this.#put(this.length, item)
    return this
  }

  /** Adds one before that at a place, which may be negative, as in Python. Returns the list. */
  insert(index: number, item: Given): this {
    this.#checkWhole(index)
    this.#put(index, this.checked(item, index))
    return this
  }

  #put(index: number, item: T): void {
    this.#items.splice(index, 0, item)
    const last = this.length - 1
    Object.defineProperty(this, last, {
      get: () => this.#items[last],
      set: (value: unknown) => {
        this.#items[last] = this.checked(value, last)
      },
      enumerable: true,
      configurable: true,
    })
  }

  /**
   * Takes one out, by default the last, and returns it.
   *
   * @throws ValueError when there is none at that place.
   */
  pop(index = -1): T {
    const item = this.at(index)
    if (item === undefined) {
      const expected = `one of the ${this.length} places`
      throw new ValueError(complaint(this.constructor.name, 'index', expected, index))
    }
    this.#items.splice(index, 1)
    Reflect.deleteProperty(this, this.length)
    return item
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values()
  }

  /** @throws ValueError unless it is one that fits. */
  protected abstract checked(item: unknown, place: number): T

  protected override computeOutput(): Tensor {
    throw notCalled(this)
  }

  #checkWhole(index: unknown): void {
    if (Number.isInteger(index)) return
    throw new ValueError(complaint(this.constructor.name, 'index', 'a whole number', index))
  }
}

/** The error for the forward of something that only holds others. */
export function notCalled(module: Module): ValueError {
  const { name } = module.constructor
  return new ValueError(
    complaint(name, 'what is called', 'what it holds, one by one', 'itself', `it has no forward`),
  )
}

/** @throws ValueError unless it is a module that does not hold `holder`. */
export function checkInner(holder: Module, what: string, module: unknown): Module {
  const who = holder.constructor.name
  if (!(module instanceof Module)) throw new ValueError(complaint(who, what, 'a Module', module))
  const inner = module as Module
  if (inner.modules().includes(holder)) {
    const got = inner === holder ? 'itself' : 'one that holds it'
    throw new ValueError(complaint(who, what, 'another module', got))
  }
  return inner
}
