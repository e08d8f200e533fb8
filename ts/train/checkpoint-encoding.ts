import { isPlain } from '../check.js'
import { complaint, FormatError, ValueError } from '../errors.js'
import { type DType, itemSize, viewOf } from '../kernels/dtype.js'
import { reasonOf } from '../show.js'
import { Tensor } from '../tensor/tensor.js'

/** What a checkpoint holds: tensors, numbers, words, booleans, null, and lists and objects of them. */
export type State =
  | Tensor
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly State[]
  | { readonly [key: string]: State }

/** A state as a file holds it. */
export interface Encoded {
  /** By path. */
  readonly tensors: Record<string, Tensor>
  /** Small ones, one after the other; each begins at a multiple of 8 bytes. */
  readonly packed: Uint8Array<ArrayBuffer>
  /** All else, as JSON in UTF-8. */
  readonly rest: Uint8Array<ArrayBuffer>
}

/** What `decoded` reads from. */
export interface Source extends Pick<Encoded, 'packed' | 'rest'> {
  /** The tensor of a name; undefined where there is none. */
  tensor(name: string): Tensor | undefined
}

/**
 * Elements from which a tensor has a name of its own and a list of numbers is kept as a tensor. The names
 * stand in the header, which may have 100 MB: what is small lies in the data, however many there are.
 */
const LARGE = 256

/** Where something is in a state: the key of it, and where what it is in is. */
interface Path {
  readonly up: Path | null
  readonly key: string | number
  readonly depth: number
}

/** Where the tensors of the model are: they have names in any case, for other programs to find. */
const MODEL = 'model'

/** Lists and objects inside of each other. */
const MAX_DEPTH = 100

/** Numbers that JSON has not. */
const ODD_NUMBERS = ['NaN', 'Infinity', '-Infinity', '-0']

/**
 * @param taken Names that no tensor may have.
 * @throws ValueError when something in the state is of another kind, such as a Map, or there is too much.
 */
export function encoded(state: State, taken: readonly string[]): Encoded {
  const encoder = new StateEncoder(taken)
  const rest = encoder.encode(state, null)
  return { tensors: encoder.tensors, packed: encoder.packed(), rest: bytesOf(rest) }
}

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  try {
    return new TextEncoder().encode(JSON.stringify(value))
  } catch {
    const what = 'words, names and numbers together'
    throw new ValueError(complaint('checkpoint', what, 'as long as a string can be', 'more'))
  }
}

class StateEncoder {
  /** Without a prototype: a path may be `__proto__`. */
  readonly tensors = Object.create(null) as Record<string, Tensor>
  readonly #taken: readonly string[]
  readonly #small: (readonly [tensor: Tensor, at: number])[] = []
  #length = 0

  constructor(taken: readonly string[]) {
    this.#taken = taken
  }

  packed(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length)
    for (const [{ data }, at] of this.#small) {
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    }
    return bytes
  }

  encode(value: State, path: Path | null): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return isInJson(value) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) }
      case 'undefined':
        return { $undefined: true }
      case 'object':
        if (value === null) return null
        if (value instanceof Tensor) return { $tensor: this.#place(value, path) }
        if (path?.depth === MAX_DEPTH) {
          throw refused(path, `nested ${MAX_DEPTH} deep or in a circle`)
        }
        if (Array.isArray(value)) return this.#list(value as readonly State[], path)
        if (isPlain(value)) return this.#object(value as Record<string, State>, path)
        throw refused(path, `an instance of ${nameOfClass(value)}`)
      default:
        throw refused(path, `a ${typeof value}`)
    }
  }

  #list(values: readonly State[], path: Path | null): unknown {
    // Not `every` and `map`, which pass over what is missing.
    if (values.length >= LARGE && !Array.from(values).some((value) => typeof value !== 'number')) {
      const { buffer } = Float64Array.from(values as readonly number[])
      const tensor = new Tensor(buffer, 0, [values.length], 'float64', values.length)
      return { $numbers: this.#place(tensor, path) }
    }
    return Array.from(values, (part, i) =>
      typeof part === 'number' && isInJson(part) ? part : this.encode(part, below(path, i)),
    )
  }

  #object(value: { readonly [key: string]: State }, path: Path | null): unknown {
    if (Object.getOwnPropertySymbols(value).length > 0)
      throw refused(path, 'an object with symbols')
    const entries = Object.entries(value).map(([key, part]) => {
      const name = key.startsWith('$') ? `$${key}` : key
      return [name, this.encode(part, below(path, key))] as const
    })
    return Object.fromEntries(entries)
  }

  /** A name, or dtype, shape and place of a packed one. */
  #place(tensor: Tensor, path: Path | null): unknown {
    const keys = keysOf(path)
    if (tensor.length >= LARGE || keys[0] === MODEL) return this.#named(tensor, keys.join('.'))
    const at = this.#length
    this.#small.push([tensor, at])
    this.#length += Math.ceil((tensor.length * itemSize[tensor.dtype]) / 8) * 8
    return [tensor.dtype, tensor.shape, at]
  }

  /** Two paths may read the same, for names may have dots. */
  #named(tensor: Tensor, path: string): string {
    if (Object.hasOwn(this.tensors, path) || this.#taken.includes(path)) {
      return this.#named(tensor, `${path}'`)
    }
    this.tensors[path] = tensor
    return path
  }
}

function nameOfClass(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' ? constructor.name : 'no class'
}

function refused(path: Path | null, got: string): ValueError {
  const kinds = 'a tensor, number, string, boolean, null, undefined, or an array or object of them'
  return new ValueError(complaint('checkpoint', keysOf(path).join('.'), kinds, got))
}

/** @throws FormatError when it is not what `encoded` has made; `who` opens the message. */
export function decoded(who: string, source: Source): State {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(source.rest))
  } catch (error) {
    throw new FormatError(`${who}: its state is not valid JSON: ${reasonOf(error)}`)
  }
  return decode(who, value, null, source)
}

function decode(who: string, value: unknown, path: Path | null, source: Source): State {
  if (typeof value !== 'object' || value === null) return value as State
  if (path !== null && path.depth > MAX_DEPTH)
    throw new FormatError(`${who}: it is nested too deeply`)
  if (Array.isArray(value)) {
    return value.map((part, i) =>
      typeof part === 'number' ? part : decode(who, part, below(path, i), source),
    )
  }
  const entries = Object.entries(value as Record<string, unknown>)
  const [[tag, content] = ['']] = entries
  if (/^\$(?!\$)/.test(tag)) {
    if (tag === '$undefined') return undefined
    if (tag === '$number' && ODD_NUMBERS.includes(String(content))) return Number(content)
    const tensor = tensorOf(content, source)
    if (tag === '$tensor' && tensor !== undefined) return tensor
    if (tag === '$numbers' && tensor !== undefined) return Array.from(tensor.data)
    const got = `${tag} ${JSON.stringify(content)}`
    throw new FormatError(`${who}: ${keysOf(path).join('.')} is ${got}, which is not there`)
  }
  const parts = entries.map(([key, part]) => {
    const name = key.startsWith('$') ? key.slice(1) : key
    return [name, decode(who, part, below(path, name), source)] as const
  })
  return Object.fromEntries(parts)
}

/** The tensor of a place; undefined for one that is none. */
function tensorOf(place: unknown, source: Source): Tensor | undefined {
  if (typeof place === 'string') return source.tensor(place)
  if (!Array.isArray(place)) return undefined
  const [dtype, shape, at] = place as unknown[]
  if (typeof dtype !== 'string' || !Object.hasOwn(itemSize, dtype)) return undefined
  if (!Array.isArray(shape) || ![...(shape as unknown[]), at].every(isCount)) return undefined
  const sizes = shape as readonly number[]
  const length = sizes.reduce((product, size) => product * size, 1)
  const end = (at as number) + length * itemSize[dtype as DType]
  if (length >= LARGE || end > source.packed.length) return undefined
  const { buffer } = viewOf(
    dtype as DType,
    source.packed.slice(at as number, end).buffer,
    0,
    length,
  )
  return new Tensor(buffer as ArrayBuffer, 0, Object.freeze([...sizes]), dtype as DType, length)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isInJson(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

function below(up: Path | null, key: string | number): Path {
  return { up, key, depth: up === null ? 1 : up.depth + 1 }
}

/** From the outermost to the innermost. */
function keysOf(path: Path | null): (string | number)[] {
  const keys: (string | number)[] = []
  for (let at = path; at !== null; at = at.up) keys.push(at.key)
  return keys.reverse()
}
