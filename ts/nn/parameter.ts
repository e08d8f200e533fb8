import { checkArguments, checkFlag } from '../check.js'
import { complaint, DTypeError, ShapeError } from '../errors.js'
import { currentCapture, kernels, noteUse } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { flag, type Options, readOptions } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import { empty, formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { noteWrite } from '../tensor/written.js'
import type { GradientHome } from './gradient-buffer.js'

export interface ParameterOptions {
  /** Whether gradients are computed for it and optimizers change it. Default true. */
  requiresGrad?: boolean
}

const OPTIONS = { requiresGrad: flag(true) } satisfies Options<ParameterOptions>

/**
 * A tensor that is trained: a property of a module that holds one is found by `parameters()`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 */
export class Parameter extends Tensor {
  declare readonly dtype: FloatDType
  #requiresGrad: boolean
  #storage: Tensor | null = null
  #hasGrad = false
  #home: GradientHome | null = null
  /** Storage at home. */
  #atHome: Tensor | null = null

  /**
   * @param data float32 or float64; the parameter shares its storage.
   * @throws DTypeError for another dtype.
   */
  constructor(data: Tensor, options: ParameterOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    if (!(data instanceof Tensor)) throw noTensor('Parameter', 'the data', data)
    checkFloat('Parameter', 'the data', data.dtype)
    super(data.buffer, data.byteOffset, data.shape, data.dtype, data.length)
    this.#requiresGrad = readOptions('Parameter', OPTIONS, options).requiresGrad
  }

  /** Whether gradients are computed for it and optimizers change it. */
  override get requiresGrad(): boolean {
    noteUse(this)
    return this.#requiresGrad
  }

  override set requiresGrad(requiresGrad: boolean) {
    checkFlag(this.toString(), 'requiresGrad', requiresGrad)
    this.#requiresGrad = requiresGrad
  }

  override get isLeaf(): boolean {
    return true
  }

  /** The gradient summed over the backward passes since the last `zeroGrad`; null when there was none. */
  override get grad(): Tensor | null {
    this.#noteGradient(true)
    return this.#hasGrad ? this.#storage : null
  }

  /**
   * @throws ShapeError, DTypeError when it is not like the parameter.
   */
  override set grad(grad: Tensor | null) {
    if (grad !== null) {
      this.#check(grad)
      this.#noteGradient(false)
      this.#storage = grad
    } else this.#noteGradient(false)
    this.#hasGrad = grad !== null
  }

  /** Forgets the gradient. Storage is kept for the next one, and no memory is touched. */
  zeroGrad(): void {
    this.#noteGradient(false)
    this.#hasGrad = false
  }

  /**
   * Where a kernel writes its share of the gradient, as share + gradBeta * what is there. Then comes
   * `keepGrad`; a kernel that throws leaves the parameter as it was.
   *
   * @internal
   */
  gradTarget(): Tensor {
    if (!this.#hasGrad && this.#home !== null) {
      const { buffer, offset } = this.#home
      this.#storage = this.#atHome ??= buffer.at(offset, this)
    }
    return (this.#storage ??= empty(this.shape, this.dtype))
  }

  /**
   * Where the storage of its gradients is; null: in an ArrayBuffer of its own. A gradient that is there
   * stays where it is.
   *
   * @internal
   */
  get gradHome(): GradientHome | null {
    return this.#home
  }

  set gradHome(home: GradientHome | null) {
    this.#home = home
    this.#atHome = null
  }

  /**
   * 0 for the first share since `zeroGrad`, so that what the storage holds from before does not count
   * and zeroing costs nothing; 1 afterwards.
   *
   * @internal
   */
  get gradBeta(): 0 | 1 {
    this.#noteGradient(true)
    return this.#hasGrad ? 1 : 0
  }

  /**
   * Declares that `gradTarget` holds the gradient.
   *
   * @internal
   */
  keepGrad(): void {
    this.#hasGrad = true
    noteWrite(this.#storage!)
  }

  /**
   * Adds `share` to the gradient: what `updateGradParameters` of a custom layer calls. Does nothing
   * while `requiresGrad` is false.
   *
   * @throws ShapeError, DTypeError when `share` is not like the parameter.
   */
  addGrad(share: Tensor): void {
    if (!this.requiresGrad) return
    this.#check(share)
    kernels().axpby({
      x: share,
      y: this.gradTarget(),
      n: this.length,
      alpha: 1,
      beta: this.gradBeta,
    })
    this.keepGrad()
  }

  override adopt(other: Tensor): void {
    super.adopt(other)
    this.gradHome = null
    this.#storage = null
    this.#hasGrad = false
  }

  override toString(): string {
    return `Parameter${formatShape(this.shape)} ${this.dtype}`
  }

  /** Has a step that is being captured keep what the gradient was before it. */
  #noteGradient(asked: boolean): void {
    const capture = currentCapture()
    if (capture === null || capture.gradients.has(this)) return
    capture.gradients.set(this, { before: this.#hasGrad ? this.#storage : null, asked })
  }

  #check(grad: Tensor): void {
    if (!(grad instanceof Tensor)) throw noTensor(this.toString(), 'the gradient', grad)
    if (!sameShape(grad.shape, this.shape)) {
      throw new ShapeError(
        complaint(
          this.toString(),
          'the gradient',
          `shape ${formatShape(this.shape)}`,
          `shape ${formatShape(grad.shape)}`,
        ),
      )
    }
    if (grad.dtype !== this.dtype) {
      throw new DTypeError(complaint(this.toString(), 'the gradient', this.dtype, grad.dtype))
    }
  }
}
