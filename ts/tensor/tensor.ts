import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { allocate } from '../kernels/allocate.js'
import {
  currentCapture,
  isRecording,
  kernels,
  noteUse,
  refuseWhileRecording,
} from '../kernels/backend.js'
import { abandon } from './abandoned.js'
import { show } from '../show.js'
import type { Elements } from './elements.js'
import { showAs } from './show.js'
import { noteWrite } from './written.js'
import { type DType, itemSize, type TypedArray, viewOf } from '../kernels/dtype.js'

/** Sizes by dimension, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** Numbers, or arrays of arrays of numbers of equal lengths. */
export type NestedArray = number | readonly NestedArray[]

const MAX_ELEMENTS = 2 ** 31 - 1
const MOST_SHOWN = 1000
const MOST_WITHOUT_ELEMENTS = 2 ** 16

/** `(2, 3)`, as messages show a shape. */
export function formatShape(shape: Shape): string {
  return `(${shape.map((size) => (typeof size === 'number' ? size : show(size))).join(', ')})`
}

/**
 * Number of elements of a shape.
 *
 * @throws ShapeError when it is no array, a size is not a whole number ≥ 0, or the product of those
 *   other than 0 passes 2^31 - 1.
 */
export function sizeOf(shape: Shape): number {
  checkShape(shape)
  let size = 1
  let others = 1
  for (const dim of shape) {
    if (!Number.isInteger(dim) || dim < 0) {
      throw new ShapeError(
        complaint('shape', 'every size', 'a whole number of at least 0', formatShape(shape)),
      )
    }
    if (dim === 0) size = 0
    else others *= dim
  }
  // A 0 does not hide the others: with it too, no product of some of the sizes passes the limit.
  if (others > MAX_ELEMENTS) {
    const what = size === 0 ? 'the product of the sizes other than 0' : 'the element count'
    throw new ShapeError(
      complaint('shape', what, 'at most 2^31 - 1', `${formatShape(shape)} = ${others}`),
    )
  }
  return size * others
}

/**
 * Refuses to make `count` parts, rows or arrays of a shape one by one where none of them holds an
 * element: no memory bounds their number.
 *
 * @throws ShapeError for more than 2^16 of them.
 */
export function checkCountable(who: string, shape: Shape, count: number): void {
  if (count <= MOST_WITHOUT_ELEMENTS || !shape.includes(0)) return
  const got = `${count} of shape ${formatShape(shape)}`
  throw new ShapeError(
    complaint(who, 'what holds no element', 'at most 2^16 parts, made one by one', got),
  )
}

/** A copy of a shape; its sizes are not checked. @throws ShapeError when it is no array. */
export function shapeOf(shape: Shape): number[] {
  checkShape(shape)
  return [...shape]
}

/** PyTorch also takes sizes one by one. */
function checkShape(shape: unknown): void {
  if (Array.isArray(shape)) return
  const hint = 'put the sizes into an array, as in zeros([2, 3])'
  throw new ShapeError(complaint('shape', 'the shape', 'an array of sizes', shape, hint))
}

/**
 * A contiguous, row-major array of numbers over an ordinary ArrayBuffer, which the garbage collector
 * frees. Other shapes of it and parts along its first dimension share storage with it.
 *
 * Create tensors with `tensor`, `zeros`, `ones`, `full`, `arange`, `rand`, `randn` or, over an
 * existing typed array without a copy, `fromTypedArray`.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- its methods: below
export class Tensor {
  static {
    showAs(this, (tensor, inspect) => {
      const { buffer, byteOffset, length, dtype } = tensor
      if (byteOffset + length * itemSize[dtype] > buffer.byteLength)
        return `${tensor.toString()} (detached)`
      if (isRecording()) return `${tensor.toString()} (not computed yet: a step is being captured)`
      // Nested arrays as long as they are readable; of a long typed array only the beginning is shown.
      const nested = length <= MOST_SHOWN && rowsOf(tensor.shape) <= MOST_SHOWN
      return `${tensor.toString()} ${inspect(nested ? tensor.toArray() : tensor.data)}`
    })
  }

  readonly shape: Shape
  readonly dtype: DType
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  /** Number of elements. */
  readonly length: number
  /**
   * What autograd knows of it: the operation that it comes from, or that its gradient is wanted.
   *
   * @internal
   */
  history: object | null = null
  #data: TypedArray | undefined

  /** @internal Callers have checked that the buffer holds the shape. */
  constructor(buffer: ArrayBuffer, byteOffset: number, shape: Shape, dtype: DType, length: number) {
    this.buffer = buffer
    this.byteOffset = byteOffset
    this.shape = shape
    this.dtype = dtype
    this.length = length
  }

  /**
   * The elements as a typed array over the tensor's own memory (no copy): writing to it writes to the
   * tensor.
   *
   * @throws ValueError when the ArrayBuffer was detached (transferred to another thread) or shrunk.
   * @throws CaptureError while a step is being captured.
   */
  get data(): Elements {
    if (isRecording()) refuseRead(`reading data, item() or toArray() of ${this.toString()}`)
    return this.elements
  }

  /**
   * `data` for what is prepared in JavaScript, also while a step is being captured.
   *
   * @internal
   */
  get elements(): TypedArray {
    this.#data ??= this.#view()
    if (this.#data.length !== this.length) this.#view()
    return this.#data
  }

  #view(): TypedArray {
    this.checkMemory()
    return viewOf(this.dtype, this.buffer, this.byteOffset, this.length)
  }

  /**
   * For those who change several tensors, or none.
   *
   * @throws ValueError when the ArrayBuffer was detached or shrunk.
   * @internal
   */
  checkMemory(): void {
    if (this.byteOffset + this.length * itemSize[this.dtype] > this.buffer.byteLength) {
      throw new ValueError(
        `Tensor${formatShape(this.shape)}: its ArrayBuffer holds ${this.buffer.byteLength} bytes, ` +
          `${this.byteOffset + this.length * itemSize[this.dtype]} are needed; it was detached or resized`,
      )
    }
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length
  }

  /**
   * The one element of a tensor of any shape with a single element.
   *
   * @throws ShapeError when it has more or none.
   */
  item(): number {
    if (this.length !== 1) {
      throw new ShapeError(
        complaint(
          'item',
          'the tensor',
          'of one element',
          `shape ${formatShape(this.shape)}`,
          'use toArray() or data',
        ),
      )
    }
    return this.data[0]!
  }

  /**
   * A copy as nested arrays; a number for a scalar.
   *
   * @throws ShapeError when that would be more than 2^16 arrays without an element.
   */
  toArray(): NestedArray {
    const { data, shape } = this
    checkCountable('toArray', shape, rowsOf(shape))
    const build = (depth: number, start: number, count: number): NestedArray => {
      if (depth === shape.length) return data[start]!
      const size = shape[depth]!
      const step = size === 0 ? 0 : count / size
      return Array.from({ length: size }, (_, i) => build(depth + 1, start + i * step, step))
    }
    return build(0, 0, this.length)
  }

  /**
   * The same elements under another shape; shares storage. One size may be -1: it is inferred.
   *
   * @throws ShapeError when the element counts differ.
   */
  reshape(given: Shape): Tensor {
    const shape = shapeOf(given)
    const unknown = shape.indexOf(-1)
    let resolved = shape
    if (unknown >= 0) {
      const known = shape.reduce((product, dim, i) => (i === unknown ? product : product * dim), 1)
      const inferred = known === 0 ? 0 : this.length / known
      resolved = shape.map((dim, i) => (i === unknown ? inferred : dim))
    }
    if (resolved.some((dim) => !Number.isInteger(dim)) || sizeOf(resolved) !== this.length) {
      throw new ShapeError(
        complaint(
          'reshape',
          'the shape',
          `one of ${this.length} elements, as ${formatShape(this.shape)} has`,
          formatShape(shape),
        ),
      )
    }
    return this.#derived(
      'reshape',
      new Tensor(
        this.buffer,
        this.byteOffset,
        Object.freeze([...resolved]),
        this.dtype,
        this.length,
      ),
    )
  }

  /** Another tensor of the same numbers, with this one as its history. */
  #derived(op: Derivation, from: Tensor): Tensor {
    if (this.requiresGrad) autograd.derive(op, this, from)
    return from
  }

  /** A copy with storage of its own. */
  clone(): Tensor {
    const copy = empty(this.shape, this.dtype)
    kernels().copy({ x: this, y: copy, n: this.length })
    return this.#derived('clone', copy)
  }

  /**
   * The same numbers as another dtype; the tensor itself when it has that dtype already. To integers
   * it truncates and clamps to the range; NaN becomes 0.
   *
   * @throws DTypeError when `dtype` is not one.
   */
  to(dtype: DType): Tensor {
    if (dtype === this.dtype) return this
    const result = empty(this.shape, dtype)
    kernels().cast({ x: this, y: result, n: this.length, scale: 1, shift: -0 }) // -0 + 0 is 0
    return dtype === 'float32' || dtype === 'float64' ? this.#derived('to', result) : result
  }

  /**
   * Becomes what `other` is, sharing its storage. For modules that change their dtype in place, so
   * that optimizers keep the very parameters they were given.
   *
   * @internal
   */
  adopt(other: Tensor): void {
    refuseWhileRecording(`changing the dtype of ${this.toString()}`, 'do it before capture')
    abandon(this.buffer)
    const self = this as {
      -readonly [K in 'shape' | 'dtype' | 'buffer' | 'byteOffset' | 'length']: Tensor[K]
    }
    self.shape = other.shape
    self.dtype = other.dtype
    self.buffer = other.buffer
    self.byteOffset = other.byteOffset
    self.length = other.length
    this.#data = undefined
    noteWrite(other)
  }

  /**
   * Whether gradients by it are computed: of a leaf as it was set, of a result whether it was computed from
   * one that requires a gradient.
   *
   * @throws ValueError when it is set to false on a result: `detach()` gives one without history.
   * @throws DTypeError unless the tensor is float32 or float64.
   *
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.requires_grad.html
   */
  get requiresGrad(): boolean {
    if (this.history !== null) return autograd.requiresGrad(this)
    noteUse(this)
    return false
  }

  set requiresGrad(requiresGrad: boolean) {
    autograd.setRequiresGrad(this, requiresGrad)
  }

  /** Sets `requiresGrad`. Returns the tensor. */
  requiresGrad_(requiresGrad = true): this {
    this.requiresGrad = requiresGrad
    return this
  }

  /** Whether it is no result of an operation in a graph. */
  get isLeaf(): boolean {
    return this.history === null || autograd.isLeaf(this)
  }

  /**
   * The sum of the gradients by it of all backward passes so far; null before the first, where none has
   * reached it, and on results without `retainGrad()`.
   */
  get grad(): Tensor | null {
    return this.history === null ? null : autograd.grad(this)
  }

  /** @throws ShapeError, DTypeError when it is not like the tensor. */
  set grad(grad: Tensor | null) {
    autograd.setGrad(this, grad)
  }

  /**
   * Computes the gradients of this tensor, a loss say, by all leaves that it was computed from, and adds
   * them to their `grad`.
   *
   * @param gradient Of what is looked for by this tensor; may be left out where that is one number.
   * @throws ValueError when it requires no gradient, when it is no single number and `gradient` is left
   *   out, or when an earlier pass without `retainGraph` has freed a part of the graph.
   * @throws ShapeError, DTypeError when `gradient` is not like the tensor. Nothing was changed then.
   *
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
   */
  backward(gradient?: Tensor | null, options?: BackwardOptions): void {
    autograd.backward(this, gradient ?? null, options)
  }

  /** The same numbers in the same memory, without history. */
  detach(): Tensor {
    return new Tensor(this.buffer, this.byteOffset, this.shape, this.dtype, this.length)
  }

  /** Has a result keep its gradient in `grad` as leaves do. */
  retainGrad(): void {
    autograd.retainGrad(this)
  }

  /**
   * Calls a function with each whole gradient by this tensor, which it may replace by what it returns.
   *
   * @returns a function that takes it back.
   * @throws ValueError when the tensor requires no gradient.
   */
  registerHook(hook: (grad: Tensor) => Tensor | null | undefined): () => void {
    return autograd.registerHook(this, hook)
  }

  toString(): string {
    return `Tensor${formatShape(this.shape)} ${this.dtype}`
  }
}

// Its further methods are the functions of tensors, which stand above and are put in there: a type alone is
// named here, so that the declarations of the package have it where the class is.
/* eslint-disable @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type */
type Methods = import('../ops/methods.js').Methods
export interface Tensor extends Methods {}
/* eslint-enable */

export interface BackwardOptions {
  /** Whether what the graph has saved stays, for a further pass. Default false. */
  retainGraph?: boolean
  /** Gradients have no graph of their own: anything but false is refused. */
  createGraph?: false
}

/** How a tensor comes from another one with the same numbers. */
export type Derivation = 'reshape' | 'clone' | 'to'

/** What the methods of a tensor need of autograd, which stands above it and puts itself in here. */
export interface Autograd {
  requiresGrad(tensor: Tensor): boolean
  setRequiresGrad(tensor: Tensor, requiresGrad: boolean): void
  isLeaf(tensor: Tensor): boolean
  derive(op: Derivation, from: Tensor, to: Tensor): void
  grad(tensor: Tensor): Tensor | null
  setGrad(tensor: Tensor, grad: Tensor | null): void
  backward(tensor: Tensor, gradient: Tensor | null, options?: BackwardOptions): void
  retainGrad(tensor: Tensor): void
  registerHook(tensor: Tensor, hook: (grad: Tensor) => Tensor | null | undefined): () => void
}

let autograd: Autograd

/** @internal */
export function installAutograd(implementation: Autograd): void {
  autograd = implementation
}

/**
 * A tensor whose elements start as 0 because a fresh ArrayBuffer does; meant to be overwritten.
 */
export function empty(shape: Shape, dtype: DType = 'float32'): Tensor {
  checkArguments('empty', 2, arguments)
  // Read once: what is checked is what is kept.
  const own = Object.isFrozen(shape) ? shape : Object.freeze(shapeOf(shape))
  const length = sizeOf(own)
  checkDType('tensor', dtype)
  const buffer = allocate(length * itemSize[dtype])
  currentCapture()?.scratch.add(buffer)
  return new Tensor(buffer, 0, own, dtype, length)
}

/** @throws DTypeError unless it is one. */
export function checkDType(who: string, dtype: unknown): asserts dtype is DType {
  if (typeof dtype === 'string' && Object.hasOwn(itemSize, dtype)) return
  throw new DTypeError(complaint(who, 'dtype', 'float32, float64, int32 or uint8', dtype))
}

/** How many arrays of the last level before a size of 0, or of the last of all, a shape nests. */
function rowsOf(shape: Shape): number {
  const zero = shape.indexOf(0)
  const outer = shape.slice(0, zero < 0 ? -1 : zero)
  return outer.reduce((product, size) => product * size, 1)
}

function refuseRead(what: string): void {
  refuseWhileRecording(
    what,
    'return the tensor from the captured function and read it when the run is over',
  )
}

/** @throws ValueError unless it is one. */
export function checkTensor(
  who: string,
  value: unknown,
  what = 'the tensor',
): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw noTensor(who, what, value)
}

/** How an array becomes a tensor, by what is in it. */
function hintFor(array: unknown): string {
  let leaf = array
  for (let depth = 0; depth < 64 && Array.isArray(leaf); depth++) leaf = (leaf as unknown[])[0]
  const indices = "tensor(indices, { dtype: 'int32' })"
  if (typeof leaf === 'string') return `number the classes from 0 and make one with ${indices}`
  const whole = Array.isArray(array) && array.length > 0 && array.every(Number.isInteger)
  return `make one with tensor(array)${whole ? `, or of class indices with ${indices}` : ''}`
}

/** The error for something that should have been a tensor; plain arrays are the likely case. */
export function noTensor(who: string, what: string, got: unknown): ValueError {
  const array = Array.isArray(got) || ArrayBuffer.isView(got)
  return new ValueError(
    complaint(
      who,
      what,
      'a Tensor',
      array ? 'an array' : got === null ? 'null' : typeof got,
      array ? hintFor(got) : undefined,
    ),
  )
}
