import type { InspectOptions } from 'node:util'

type Inspect = (value: unknown, options: InspectOptions) => string

/**
 * How `console.log` shows the instances of a class. Set from outside of the class body, so that its
 * type does not depend on Node's.
 */
export function showAs<T>(
  constructor: { readonly prototype: T },
  show: (value: T, inspect: (part: unknown) => string) => string,
): void {
  Object.defineProperty(constructor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
    value(this: T, _depth: number, options: InspectOptions, inspect: Inspect): string {
      return show(this, (part) => inspect(part, { ...options, depth: null }))
    },
  })
}
