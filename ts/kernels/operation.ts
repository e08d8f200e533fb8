import type { ParameterSlot, View } from './view.js'

/** What a call does to an operand: reads it, writes it in full whatever was there, or changes it. */
export type Effect = 'reads' | 'overwrites' | 'updates'

/** A field of the arguments of an operation. */
export interface Field<V> {
  readonly kind: 'operand' | 'slots' | 'sizes' | 'value'
  /** Of an operand or of slots; it may depend on the other arguments. */
  readonly effect?: Effect | ((args: Readonly<Record<string, unknown>>) => Effect)
  /** The operand that this result may be written over. */
  readonly over?: string
  /** Whether the core is told the element type of this operand too. */
  readonly typed?: boolean
  /** Whether this operand may be null. */
  readonly nullable?: boolean
  /** Of sizes: their names in the order of the core's struct. */
  readonly names?: readonly (keyof V)[]
  /** What stands for a value that is left out. */
  readonly initial?: V
}

/**
 * What a numeric operation takes, declared once: its fields in the order in which the core's argument struct
 * names them (`GRADLANE_FIELDS`). From it come the types of both backends, the call of the addon, what a
 * capture records and what its passes know of a call.
 */
export interface Operation<F> {
  /** The operand whose element type the core computes in; null where there is but one. */
  readonly dtype: string | null
  readonly fields: F
}

/** Declares an operation that computes in the element type of the operand `dtype`, or of the first slot. */
export function operation<F extends object>(
  dtype: (keyof F & string) | null,
  fields: F,
): Operation<F> {
  return { dtype, fields }
}

type ValueOf<F> = F extends Field<infer V> ? V : never
type OptionalIn<F> = { [K in keyof F]: F[K] extends { initial: unknown } ? K : never }[keyof F]

/** The arguments of an operation by name. */
export type ArgsOf<O> =
  O extends Operation<infer F>
    ? { readonly [K in Exclude<keyof F, OptionalIn<F>>]: ValueOf<F[K]> } & {
        readonly [K in OptionalIn<F>]?: ValueOf<F[K]>
      }
    : never

export const read: Field<View> = { kind: 'operand', effect: 'reads' }
export const readOrNull: Field<View | null> = { kind: 'operand', effect: 'reads', nullable: true }
export const overwritten: Field<View> = { kind: 'operand', effect: 'overwrites' }
export const overwrittenOrNull: Field<View | null> = {
  kind: 'operand',
  effect: 'overwrites',
  nullable: true,
}
export const updated: Field<View> = { kind: 'operand', effect: 'updates' }
export const updatedOrNull: Field<View | null> = {
  kind: 'operand',
  effect: 'updates',
  nullable: true,
}

/** A result that may be written over the operand of this name. */
export const overwrittenOver = (operand: string): Field<View> => ({ ...overwritten, over: operand })

/** A result that is added to what is there times the factor of this name; 0 reads nothing. */
export const addedTo = (factor: string): Field<View> => ({
  kind: 'operand',
  effect: (args) => ((args[factor] ?? 0) === 0 ? 'overwrites' : 'updates'),
})

/** An operand with an element type of its own. */
export const typed = <V extends View | null>(field: Field<V>): Field<V> => ({
  ...field,
  typed: true,
})

/** The parameters and gradients of an optimizer, changed or only read. */
export const updatedSlots: Field<readonly ParameterSlot[]> = { kind: 'slots', effect: 'updates' }
export const readSlots: Field<readonly ParameterSlot[]> = { kind: 'slots', effect: 'reads' }

export const number: Field<number> = { kind: 'value' }
export const flag: Field<boolean> = { kind: 'value' }
/** One of the codes of an enumeration of the core. */
export const code = <C extends number>(): Field<C> => ({ kind: 'value' })
/** A value that may be left out. */
export const optional = <V>(field: Field<V>, initial: V): Field<V> & { readonly initial: V } => ({
  ...field,
  initial,
})

/**
 * Where the numbers that a call draws lie among those of a call for more, whose state it leaves: they come in
 * `runs` of as many each, and in front of each lie `before`, behind it `after` that are not made.
 */
export const place = {
  runs: optional(number, 1),
  before: optional(number, 0),
  after: optional(number, 0),
}

/** Sizes that travel in one object: their names in the order of the core's struct. */
export const sizes = <G>(...names: readonly (keyof G)[]): Field<G> => ({ kind: 'sizes', names })
