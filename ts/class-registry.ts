import { complaint, ValueError } from './errors.js'

interface Registered {
  readonly name: string
  readonly constructor: abstract new (...args: never[]) => object
}

/** Classes of a user's own by the names that files hold in their place. */
export class ClassRegistry<R extends Registered> {
  readonly #byName = new Map<string, R>()
  readonly #byClass = new Map<unknown, R>()

  /**
   * A class of the same name and `name` property takes the place of the one before, as when a module is
   * loaded anew.
   *
   * @throws ValueError when the name stands for another class.
   */
  add(who: string, registered: R): void {
    const { name, constructor } = registered
    const before = this.#byName.get(name)
    if (before !== undefined && before.constructor.name !== constructor.name) {
      const got = `${name}, which stands for ${before.constructor.name}`
      throw new ValueError(complaint(who, 'the name', 'one that is not taken', got))
    }
    this.#byName.set(name, registered)
    this.#byClass.set(constructor, registered)
  }

  named(name: string): R | undefined {
    return this.#byName.get(name)
  }

  /** What was registered of this one's very class. */
  of(instance: object): R | undefined {
    return this.#byClass.get(instance.constructor)
  }
}
