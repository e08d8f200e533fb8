import { isCollection } from '../check.js'
import { Tensor } from '../tensor/tensor.js'

/** Stands for what a property held that decides nothing. */
const ANY = Symbol('any')

/**
 * The enumerable properties of an object as they were; of arrays and plain objects in them, theirs.
 * `areThoseOf` is asked before every run of a step, so it allocates next to nothing.
 */
export class Properties {
  readonly #count: number
  readonly #names: readonly string[]
  readonly #values: unknown[]

  /**
   * @param passing Memory whose tensors are there for one pass only.
   * @param nested Whether to look into arrays and plain objects.
   */
  constructor(object: object, passing: ReadonlySet<ArrayBuffer>, nested = true) {
    const all = Object.keys(object)
    this.#count = all.length
    this.#names = all.filter((name) => canChange(object, name))
    this.#values = this.#names.map((name) => {
      const value = valueOf(object, name)
      if (value instanceof Tensor && passing.has(value.buffer)) return ANY
      return nested && isCollection(value) ? new Properties(value, passing, false) : value
    })
  }

  areThoseOf(object: object): boolean {
    if (Object.keys(object).length !== this.#count) return false
    const names = this.#names
    const values = this.#values
    for (let i = 0; i < names.length; i++) {
      const value = valueOf(object, names[i]!)
      if (value !== values[i] && !isSame(value, values[i])) return false
    }
    return true
  }

  /** Whatever is another one now does not count from here on. */
  leaveOutChanges(object: object): void {
    this.#names.forEach((name, i) => {
      if (!isSame(valueOf(object, name), this.#values[i])) this.#values[i] = ANY
    })
  }

  /** What counts for nothing in others counts for nothing here. */
  leaveOutWhat(others: Properties): void {
    others.#values.forEach((value, i) => {
      const at = value === ANY ? this.#names.indexOf(others.#names[i]!) : -1
      if (at >= 0) this.#values[at] = ANY
    })
  }
}

function isSame(value: unknown, before: unknown): boolean {
  if (before === ANY) return true
  if (before instanceof Properties) return isCollection(value) && before.areThoseOf(value)
  return Object.is(value, before)
}

function valueOf(object: object, name: string): unknown {
  return (object as Record<string, unknown>)[name]
}

/** The children of a container are constants. */
function canChange(object: object, name: string): boolean {
  const { writable, configurable } = Object.getOwnPropertyDescriptor(object, name)!
  return writable !== false || configurable === true
}
