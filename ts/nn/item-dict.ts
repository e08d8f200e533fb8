import { isPlain, itemsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { notCalled } from './item-list.js'
import { Module } from './module.js'
import type { Parameter } from './parameter.js'

/** Items by name: an object, a Map or a list of names with theirs. */
export type Named<T> = Readonly<Record<string, T>> | Iterable<readonly [string, T]>

/** Modules or parameters by name, in the order of their coming. `Given` is what they may be made of. */
export abstract class ItemDict<T extends Module | Parameter, Given = T>
  extends Module
  implements Iterable<[string, T]>
{
  readonly #items = new Map<string, T>()
  /** Counts changes, for captured steps. */
  protected revision = 0

  get size(): number {
    return this.#items.size
  }

  get(name: string): T | undefined {
    return this.#items.get(name)
  }

  has(name: string): boolean {
    return this.#items.has(name)
  }

  /**
   * Adds one, or puts it in the place of that of the same name. Returns the dictionary.
   *
   * @throws ValueError when it does not fit, or the name is empty or has a dot.
   */
  set(name: string, item: Given): this {
    const own = this.checkedName(name)
    this.#put(own, this.checked(item, own))
    return this
  }

  /** `set` of all of them. Returns the dictionary. */
  update(items: Named<Given>): this {
    for (const [name, item] of this.#entriesOf(items)) this.#put(name, item)
    return this
  }

  /**
   * Takes one out and returns it.
   *
   * @throws ValueError when there is none of that name.
   */
  pop(name: string): T {
    const item = this.#items.get(name)
    if (item === undefined) {
      const names = [...this.#items.keys()].join(', ')
      throw new ValueError(complaint(this.constructor.name, 'the name', `one of ${names}`, name))
    }
    this.#items.delete(name)
    this.revision++
    return item
  }

  /** Takes all of them out. */
  clear(): void {
    this.#items.clear()
    this.revision++
  }

  keys(): IterableIterator<string> {
    return this.#items.keys()
  }

  values(): IterableIterator<T> {
    return this.#items.values()
  }

  /** Names with theirs, as `for … of` gives them. */
  items(): IterableIterator<[string, T]> {
    return this.#items.entries()
  }

  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.#items.entries()
  }

  override ownEntries(): [string, unknown][] {
    return [...super.ownEntries(), ...this.#items]
  }

  /** @throws ValueError unless it is one that fits. */
  protected abstract checked(item: unknown, name: string): T

  protected override computeOutput(): Tensor {
    throw notCalled(this)
  }

  protected checkedName(name: unknown): string {
    if (typeof name === 'string' && name !== '' && !name.includes('.')) return name
    throw new ValueError(
      complaint(this.constructor.name, 'a name', 'not empty and without a dot', name),
    )
  }

  #put(name: string, item: T): void {
    this.#items.set(name, item)
    this.revision++
  }

  #entriesOf(items: unknown): (readonly [string, T])[] {
    const who = this.constructor.name
    const entries = isPlain(items) ? Object.entries(items as object) : itemsOf(who, 'items', items)
    return entries.map((entry: unknown) => {
      if (!Array.isArray(entry) || entry.length !== 2) {
        throw new ValueError(complaint(who, 'every entry', 'a name and what it names', entry))
      }
      const name = this.checkedName(entry[0])
      return [name, this.checked(entry[1], name)] as const
    })
  }
}
