import type { TransformerConfig } from './fitted.js'

/** Options with lists of their own. @internal */
export function owned<T extends object>(options: T): T {
  const copies = Object.entries(options).map(([name, value]: [string, unknown]) => {
    return [name, Array.isArray(value) ? [...(value as unknown[])] : value]
  })
  return Object.fromEntries(copies) as T
}

/** How a transformer was made: the options that have a value. @internal */
export function configOf(name: string, options: object): TransformerConfig {
  const given = Object.entries(owned(options)).filter(([, value]) => value !== undefined)
  return { name, options: Object.fromEntries(given) }
}
