import { checkObject } from '../../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../../errors.js'
import { fromTypedArray } from '../../tensor/create.js'
import type { ColumnType } from '../table/column.js'
import type { Input } from './cells.js'
import { formatShape, Tensor } from '../../tensor/tensor.js'

/** What JSON can say. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What a transformer has learned: tensors, and what JSON can say. */
export type TransformerState = Record<string, Json | Tensor>

/** Numbers as a tensor of their own. @internal */
export function float64(values: ArrayLike<number>): Tensor {
  return fromTypedArray(Float64Array.from(values))
}

/**
 * Reads a state that may come out of any file.
 *
 * @throws ValueError for what is no object.
 * @internal
 */
export class StateReader {
  constructor(
    readonly who: string,
    readonly state: Readonly<Record<string, unknown>>,
    readonly prefix = '',
  ) {
    checkObject(`${who}.loadStateDict`, 'the state', state)
  }

  /** Of the keys that begin so, what follows. */
  below(prefix: string): StateReader {
    const entries = Object.entries(this.state).filter(([key]) => key.startsWith(prefix))
    const state = Object.fromEntries(
      entries.map(([key, value]) => [key.slice(prefix.length), value]),
    )
    return new StateReader(this.who, state, this.prefix + prefix)
  }

  #own(key: string): unknown {
    return Object.hasOwn(this.state, key) ? this.state[key] : undefined
  }

  refuse(key: string, expected: string, got: unknown): ValueError {
    return new ValueError(
      complaint(`${this.who}.loadStateDict`, `state['${this.prefix}${key}']`, expected, got),
    )
  }

  /** `count` finite numbers. @throws DTypeError, ShapeError, ValueError */
  numbers(key: string, count?: number): Float64Array {
    const tensor = this.#own(key)
    const who = `${this.who}.loadStateDict`
    if (!(tensor instanceof Tensor)) throw this.refuse(key, 'a Tensor', tensor)
    if (tensor.dtype !== 'float64')
      throw new DTypeError(complaint(who, `state['${this.prefix}${key}']`, 'float64', tensor.dtype))
    if (tensor.ndim !== 1 || (count !== undefined && tensor.length !== count)) {
      const expected = `of shape (${count ?? 'n'})`
      throw new ShapeError(
        complaint(who, `state['${this.prefix}${key}']`, expected, formatShape(tensor.shape)),
      )
    }
    const values = Float64Array.from(tensor.data)
    if (!values.every(Number.isFinite)) throw this.refuse(key, 'finite numbers', 'others')
    return values
  }

  /** Names and types of features. */
  inputs(key: string): Input[] {
    return this.list(key).map((item) => {
      const [name, type] = Array.isArray(item) ? (item as unknown[]) : []
      if (typeof name === 'string' && isColumnType(type)) return { name, type }
      throw this.refuse(key, 'a list of names with types', item)
    })
  }

  list(key: string, count?: number): readonly unknown[] {
    const list = this.#own(key)
    const expected = count === undefined ? 'a list' : `a list of ${count}`
    if (!Array.isArray(list)) throw this.refuse(key, expected, list)
    if (count !== undefined && list.length !== count) throw this.refuse(key, expected, list.length)
    return list as readonly unknown[]
  }

  /** Different texts. */
  texts(key: string, list: unknown): string[] {
    const fits = Array.isArray(list) && list.every((text) => typeof text === 'string')
    if (fits && new Set(list).size === list.length) return [...list]
    throw this.refuse(key, 'a list of different texts', list)
  }

  /** Whole numbers from 0 on, less than `end`. */
  wholes(key: string, list: unknown, end = Infinity): number[] {
    const fits = (item: unknown): boolean =>
      Number.isSafeInteger(item) && (item as number) >= 0 && (item as number) < end
    if (Array.isArray(list) && list.every(fits)) return [...(list as number[])]
    throw this.refuse(key, 'a list of whole numbers within their range', list)
  }

  flags(key: string, count: number): boolean[] {
    const list = this.list(key, count)
    if (list.every((item) => typeof item === 'boolean')) return [...(list as boolean[])]
    throw this.refuse(key, 'a list of true and false', list)
  }
}

const TYPES: readonly unknown[] = ['number', 'category', 'date', 'text'] satisfies ColumnType[]

function isColumnType(type: unknown): type is ColumnType {
  return TYPES.includes(type)
}
