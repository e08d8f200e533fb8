import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { show } from '../show.js'
import { isRecording, kernels, refuseWhileRecording } from '../kernels/backend.js'
import type { DType, TypedArray } from '../kernels/dtype.js'
import { dtype as dtypeOption, finite, flag, type Options, readOptions } from '../options.js'
import { isArrayBuffer, memoryOf, typedArrayName } from './memory.js'
import { empty, formatShape, noTensor, type Shape, shapeOf, sizeOf, Tensor } from './tensor.js'

/** As in PyTorch; an array that contains itself has more. */
const MAX_LEVELS = 64

/** What `tensor` takes: numbers, typed arrays, and arrays of them of equal lengths. */
export type TensorData = number | TypedArray | readonly TensorData[]

export interface TensorOptions {
  /** Default `float32`, or that of a typed array. */
  dtype?: DType
  /** Whether gradients by it are computed; float32 and float64 alone may have some. Default false. */
  requiresGrad?: boolean
}

const OPTIONS = {
  dtype: dtypeOption(),
  requiresGrad: flag(false),
} satisfies Options<TensorOptions>

/** A fresh tensor as its options want it. @throws DTypeError when it shall have a gradient and cannot. */
export function leaf(fresh: Tensor, requiresGrad: boolean): Tensor {
  return requiresGrad ? fresh.requiresGrad_() : fresh
}

const dtypes: ReadonlyMap<string | undefined, DType> = new Map([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
  ['Int32Array', 'int32'],
  ['Uint8Array', 'uint8'],
])

/** The dtype of a typed array's elements; undefined for anything else. */
export function dtypeOf(array: unknown): DType | undefined {
  return dtypes.get(typedArrayName(array))
}

/**
 * A tensor with a copy of `data`: a number gives shape `()`, nested arrays give one dimension a level.
 *
 * @throws ShapeError when rows differ in length; it names the first odd one.
 * @throws ValueError when an element is no number, or an integer dtype cannot hold it exactly.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).shape // [2, 2]
 * tensor([3, 1, 4], { dtype: 'int32' })
 */
export function tensor(data: TensorData, options?: TensorOptions): Tensor {
  checkArguments('tensor', 2, arguments)
  const { dtype, requiresGrad } = readOptions('tensor', OPTIONS, options)
  const result = empty(inferShape(data), dtype ?? dtypeOf(data) ?? 'float32')
  copyNested(data, result.elements, result.dtype, result.shape, 0, 0, [])
  return leaf(constant(result), requiresGrad)
}

function isRow(data: unknown): data is TypedArray | readonly TensorData[] {
  return Array.isArray(data) || dtypeOf(data) !== undefined
}

function inferShape(data: TensorData): Shape {
  const shape: number[] = []
  let level: TensorData | undefined = data
  while (isRow(level)) {
    if (shape.push(level.length) > MAX_LEVELS) {
      const hint = 'does an array contain itself?'
      throw new ShapeError(
        complaint('tensor', 'the data', `nested ${MAX_LEVELS} times at most`, 'more', hint),
      )
    }
    level = level[0]
  }
  return Object.freeze(shape)
}

/** Writes `data` from `start` on and returns the place after it. */
function copyNested(
  data: TensorData,
  out: TypedArray,
  dtype: DType,
  shape: Shape,
  depth: number,
  start: number,
  path: number[],
): number {
  if (depth === shape.length) {
    if (isRow(data)) throw odd(path, 'a number, as the elements before it are', describe(data))
    out[start] = checkedElement(data, dtype, path)
    return start + 1
  }
  const size = shape[depth]!
  if (!isRow(data)) throw odd(path, `an array of length ${size}`, describe(data))
  if (data.length !== size)
    throw odd(path, `of length ${size}, as the first row is`, describe(data))
  let next = start
  for (let i = 0; i < size; i++) {
    path[depth] = i
    next = copyNested(data[i]!, out, dtype, shape, depth + 1, next, path)
  }
  path.length = depth
  return next
}

function checkedElement(value: unknown, dtype: DType, path: readonly number[]): number {
  const expected =
    dtype === 'int32'
      ? 'a whole number that int32 can hold'
      : dtype === 'uint8'
        ? 'a whole number from 0 to 255'
        : 'a number'
  const fits =
    typeof value === 'number' &&
    (dtype === 'int32' ? value === (value | 0) : dtype === 'uint8' ? value === (value & 255) : true)
  if (!fits) {
    throw new ValueError(complaint('tensor', place(path), expected, describe(value)))
  }
  return value
}

function place(path: readonly number[]): string {
  return path.length === 0 ? 'the data' : `[${path.join('][')}]`
}

function describe(value: unknown): string {
  if (isRow(value)) return `an array of length ${value.length}`
  return typeof value === 'string' ? `the string ${JSON.stringify(value)}` : show(value)
}

function odd(path: readonly number[], expected: string, got: string): ShapeError {
  return new ShapeError(
    complaint('tensor', place(path), expected, got, 'all rows of a level must be equally long'),
  )
}

/**
 * A tensor over the memory of a typed array, without a copy: writing to one writes to the other. The
 * shape is `(array.length)` when left out.
 *
 * @throws ValueError for another kind of array, or one over a SharedArrayBuffer (another thread could
 *   write to it during a computation).
 * @throws ShapeError when the shape has another number of elements.
 */
export function fromTypedArray(array: TypedArray, shape?: Shape): Tensor {
  checkArguments('fromTypedArray', 2, arguments)
  refuseWhileRecording('fromTypedArray', 'make the tensor before capture, or an input of it')
  const dtype = dtypeOf(array)
  const memory = memoryOf(array)
  if (dtype === undefined || memory === null) {
    throw new ValueError(
      complaint(
        'fromTypedArray',
        'the array',
        'a Float32Array, Float64Array, Int32Array or Uint8Array',
        Object.prototype.toString.call(array),
      ),
    )
  }
  const { buffer, byteOffset, length } = memory
  if (!isArrayBuffer(buffer)) {
    throw new ValueError(
      complaint(
        'fromTypedArray',
        'the memory',
        'an ordinary ArrayBuffer',
        'a SharedArrayBuffer',
        'copy it with tensor(array)',
      ),
    )
  }
  const own = Object.freeze(shape === undefined ? [length] : shapeOf(shape))
  if (sizeOf(own) !== length) {
    throw new ShapeError(
      complaint('fromTypedArray', 'the shape', `one of ${length} elements`, formatShape(own)),
    )
  }
  return new Tensor(buffer, byteOffset, own, dtype, length)
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  checkArguments('zeros', 2, arguments)
  const { dtype, requiresGrad } = readOptions('zeros', OPTIONS, options)
  const result = empty(shape, dtype)
  if (isRecording()) kernels().fill({ y: result, n: result.length, value: 0 }) // each time, not only at first
  return leaf(result, requiresGrad)
}

/** Elements that JavaScript wrote: a captured step starts from them again each time. */
function constant(written: Tensor): Tensor {
  if (!isRecording()) return written
  const result = empty(written.shape, written.dtype)
  kernels().copy({ x: written, y: result, n: result.length })
  return result
}

/** A tensor of ones. */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  checkArguments('ones', 2, arguments)
  return full(shape, 1, options)
}

/**
 * A tensor whose elements are all `value`.
 *
 * @throws ValueError when `value` is no number, or an integer dtype cannot hold it exactly.
 */
export function full(shape: Shape, value: number, options?: TensorOptions): Tensor {
  checkArguments('full', 3, arguments)
  const { dtype, requiresGrad } = readOptions('full', OPTIONS, options)
  const result = empty(shape, dtype)
  checkedElement(value, result.dtype, [])
  kernels().fill({ y: result, n: result.length, value })
  return leaf(result, requiresGrad)
}

/** Zeros of the shape and, unless given, the dtype of `other`. */
export function zerosLike(other: Tensor, options?: TensorOptions): Tensor {
  checkArguments('zerosLike', 2, arguments)
  const { shape, ...own } = like('zerosLike', other, options)
  return zeros(shape, own)
}

function like(
  who: string,
  other: Tensor,
  options: TensorOptions | undefined,
): Required<TensorOptions> & { shape: Shape } {
  if (!(other instanceof Tensor)) throw noTensor(who, 'what it is like', other)
  const { dtype = other.dtype, requiresGrad } = readOptions(who, OPTIONS, options)
  return { shape: other.shape, dtype, requiresGrad }
}

/** Ones of the shape and, unless given, the dtype of `other`. */
export function onesLike(other: Tensor, options?: TensorOptions): Tensor {
  checkArguments('onesLike', 2, arguments)
  const { shape, ...own } = like('onesLike', other, options)
  return ones(shape, own)
}

/**
 * The numbers `start`, `start + step`, … before `end`, as a tensor of shape `(ceil((end - start) /
 * step))`; empty when `end` lies the other way.
 *
 * `start` is 0 unless given.
 *
 * @param options `step`, default 1, `dtype` and `requiresGrad`.
 * @throws ValueError when an argument is not finite or `step` is 0.
 *
 * @example
 * arange(4)                    // 0, 1, 2, 3
 * arange(1, 2, { step: 0.25 }) // 1, 1.25, 1.5, 1.75
 */
export function arange(end: number, options?: ArangeOptions): Tensor
export function arange(start: number, end: number, options?: ArangeOptions): Tensor
export function arange(
  first: number,
  second?: number | ArangeOptions,
  third?: ArangeOptions,
): Tensor {
  checkArguments('arange', 3, arguments)
  const [start, end] = typeof second === 'number' ? [first, second] : [0, first]
  const options = typeof second === 'number' ? third : second
  const { step, dtype, requiresGrad } = readOptions('arange', ARANGE, options)
  if (![start, end, step].every(Number.isFinite) || step === 0) {
    throw new ValueError(
      complaint('arange', 'start, end and step', 'finite, step not 0', [start, end, step]),
    )
  }
  const result = empty([Math.max(0, Math.ceil((end - start) / step))], dtype)
  const { elements } = result
  for (let i = 0; i < elements.length; i++) {
    elements[i] = checkedElement(start + i * step, result.dtype, [i])
  }
  return leaf(constant(result), requiresGrad)
}

export interface ArangeOptions extends TensorOptions {
  /** Default 1. */
  step?: number
}

const ARANGE = { step: finite(1), ...OPTIONS } satisfies Options<ArangeOptions>

/**
 * A matrix (n, m) with 1 on its diagonal and 0 elsewhere. `m` is n by default.
 *
 * @throws ShapeError unless they are whole numbers of at least 0.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.eye.html
 */
export function eye(n: number, options?: TensorOptions): Tensor
export function eye(n: number, m: number, options?: TensorOptions): Tensor
export function eye(n: number, second?: number | TensorOptions, third?: TensorOptions): Tensor {
  checkArguments('eye', 3, arguments)
  const m = typeof second === 'number' ? second : n
  const options = typeof second === 'number' ? third : second
  const result = ones([n, m], readOptions('eye', OPTIONS, options))
  // Twice cut off: what is left is the diagonal.
  const lower = empty(result.shape, result.dtype)
  const sizes = { batch: 1, rows: n, cols: m, diagonal: 0 }
  kernels().triangle({ x: result, out: lower, ...sizes, upper: false })
  kernels().triangle({ x: lower, out: result, ...sizes, upper: true })
  return result
}

/**
 * `steps` numbers at equal distances from `start` to `end`, both of them included.
 *
 * @throws ValueError when an argument is not finite, or `steps` is no whole number of at least 0.
 *
 * @example
 * linspace(0, 1, 5) // 0, 0.25, 0.5, 0.75, 1
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.linspace.html
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options?: TensorOptions,
): Tensor {
  checkArguments('linspace', 4, arguments)
  const { dtype, requiresGrad } = readOptions('linspace', OPTIONS, options)
  if (!Number.isFinite(start) || !Number.isFinite(end)) {
    throw new ValueError(complaint('linspace', 'start and end', 'finite', [start, end]))
  }
  if (!Number.isInteger(steps) || steps < 0) {
    throw new ValueError(complaint('linspace', 'steps', 'a whole number of at least 0', steps))
  }
  const result = empty([steps], dtype)
  const { elements } = result
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  for (let i = 0; i < steps; i++) {
    // From both ends, so that it is symmetric.
    const value = 2 * i < steps ? start + i * step : end - (steps - 1 - i) * step
    elements[i] = checkedElement(value, result.dtype, [i])
  }
  return leaf(constant(result), requiresGrad)
}

/**
 * Refuses a dtype that cannot be trained in.
 *
 * @throws DTypeError
 */
export function checkFloat(
  who: string,
  what: string,
  dtype: DType,
): asserts dtype is 'float32' | 'float64' {
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new DTypeError(
      complaint(who, what, 'float32 or float64', dtype, "convert it with to('float32')"),
    )
  }
}
