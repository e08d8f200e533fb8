import { NotFiniteError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { ReduceKind } from '../../kernels/kernels.js'
import { located } from '../../nn/locate.js'
import type { Module } from '../../nn/module.js'
import { observe } from '../../nn/observe.js'
import { empty, type Tensor } from '../../tensor/tensor.js'
import type { Callback, EpochEvent, TrainingContext } from '../callback.js'

export interface NanWatchdogOptions {
  /**
   * Look at the output and the gradients of every module, which takes a pass over each of them and
   * needs JavaScript between them, so steps run eagerly. Else only at the loss of an epoch. Default
   * true.
   */
  everyModule?: boolean
}

/**
 * Ends the training at the first NaN or infinite number with a NotFiniteError that names the epoch, the
 * batch and the module it came from: before the optimizer has spread it over the weights.
 */
export class NanWatchdog implements Callback {
  readonly everyModule: boolean
  #epoch = 0
  #batch = 0
  #stop: (() => void) | null = null

  constructor(options: NanWatchdogOptions = {}) {
    this.everyModule = options.everyModule ?? true
  }

  onTrainBegin({ model }: TrainingContext): void {
    this.#stop?.()
    if (!this.everyModule) return
    const when = (): string =>
      model.training
        ? `epoch ${this.#epoch}, batch ${this.#batch + 1}`
        : `validation of epoch ${this.#epoch}`
    const stopWatching = watchFinite(model, when)
    const stopCounting = observe(model, {
      backward: (_module, path, _gradOutput, gradInput) => {
        if (path === '' && gradInput === null) this.#batch += 1
      },
    })
    this.#stop = () => {
      stopCounting()
      stopWatching()
    }
  }

  onEpochBegin(_context: TrainingContext, { epoch }: EpochEvent): void {
    this.#epoch = epoch
    this.#batch = 0
  }

  /** @throws NotFiniteError when a number in the logs is not finite. */
  onEpochEnd(_context: TrainingContext, { epoch, logs }: EpochEvent): void {
    for (const name of ['loss', 'valLoss']) {
      const value = logs[name] ?? 0
      if (Number.isFinite(value)) continue
      const hint = this.everyModule
        ? 'predictions and gradients are finite, so look at targets and criterion'
        : 'everyModule: true finds the module'
      throw new NotFiniteError(`epoch ${epoch}: ${name} is ${value}; ${hint}`)
    }
  }

  onTrainEnd(): void {
    this.#stop?.()
    this.#stop = null
  }
}

/**
 * Has every pass through a model throw a NotFiniteError at the first module whose output or gradient
 * is not finite, until the returned function is called.
 *
 * @param when Opens the message.
 */
export function watchFinite(model: Module, when: () => string): () => void {
  const fail = (path: string, module: Module, what: string): never => {
    const where = path === '' ? module.describe() : `${path} ${module.describe()}`
    // The path is there already; containers on the way out need not add theirs.
    throw located(new NotFiniteError(`${when()}: ${what.replace('@', where)}`), model)
  }
  return observe(model, {
    forward(module, path, input, output) {
      if (allFinite(output)) return
      for (const [name, parameter] of module.ownParameters()) {
        if (!allFinite(parameter)) fail(path, module, `${name} of @ is not finite`)
      }
      const cause = allFinite(input) ? '' : ', and so is its input'
      fail(path, module, `the output of @ is not finite${cause}`)
    },
    backward(module, path, gradOutput, gradInput) {
      const came = allFinite(gradOutput) ? '' : ', and so is the gradient that came to it'
      for (const [name, { grad }] of module.ownParameters()) {
        if (grad === null || allFinite(grad)) continue
        fail(path, module, `the gradient of ${name} of @ is not finite${came}`)
      }
      if (gradInput === null || allFinite(gradInput)) return
      fail(path, module, `the gradient by the input of @ is not finite${came}`)
    },
  })
}

function allFinite(tensor: Tensor): boolean {
  const { dtype, length } = tensor
  if (dtype !== 'float32' && dtype !== 'float64') return true
  // One pass by a kernel: a sum is finite only if all its terms are.
  const sum = empty([1], dtype)
  kernels().reduce(ReduceKind.sum, tensor, sum, 1, length, 1, 0)
  if (Number.isFinite(sum.data[0])) return true
  // Or it has overflowed.
  return tensor.data.every(Number.isFinite)
}
