import { checkArguments } from '../../check.js'
import { NotFiniteError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { ReduceKind } from '../../kernels/kernels.js'
import { located } from '../../nn/locate.js'
import type { Module } from '../../nn/module.js'
import { observe } from '../../nn/observe.js'
import { flag, type Options, readOptions } from '../../options.js'
import { empty, type Tensor } from '../../tensor/tensor.js'
import type { BatchContext, Callback, TrainContext } from './callback.js'

export interface NanWatchdogOptions {
  /**
   * Look at the output and the gradients of every module, which takes a pass over each of them. Else
   * only at the loss. Default true.
   */
  everyModule?: boolean
}

const OPTIONS = { everyModule: flag(true) } satisfies Options<NanWatchdogOptions>

/**
 * Ends the training at the first NaN or infinite number with a NotFiniteError that names the step and
 * the module it came from. With `everyModule` that is before the optimizer has spread it over the
 * weights.
 */
export class NanWatchdog implements Callback {
  readonly everyModule: boolean
  #step = 0
  #stop: (() => void) | null = null

  constructor(options: NanWatchdogOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    this.everyModule = readOptions('NanWatchdog', OPTIONS, options).everyModule
  }

  get needsEager(): boolean {
    return this.everyModule
  }

  onTrainBegin({ model, step }: TrainContext): void {
    this.#step = step
    this.#stop?.()
    this.#stop = this.everyModule ? watchFinite(model, () => `step ${this.#step}`) : null
  }

  /** @throws NotFiniteError when the loss is not finite. */
  onBatchEnd({ step, logs, ignored }: BatchContext): void {
    const when = `step ${this.#step}`
    this.#step = step
    const loss = logs['loss']
    if (loss === undefined || Number.isFinite(loss) || ignored) return
    const hint = this.everyModule
      ? 'the prediction is finite, so look at the targets and the criterion'
      : 'everyModule: true finds the module'
    throw new NotFiniteError(`${when}: the loss is ${loss}; ${hint}`)
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
    forward(module, path, inputs, outputs) {
      if (outputs.every(allFinite)) return
      for (const [name, parameter] of module.ownParameters()) {
        if (!allFinite(parameter)) fail(path, module, `${name} of @ is not finite`)
      }
      const cause = inputs.every(allFinite) ? '' : ', and so is its input'
      fail(path, module, `the output of @ is not finite${cause}`)
    },
    backward(module, path, gradOutputs, gradInputs) {
      const came = gradOutputs.every(allFinite) ? '' : ', and so is the gradient that came to it'
      for (const [name, { grad }] of module.ownParameters()) {
        if (grad === null || allFinite(grad)) continue
        fail(path, module, `the gradient of ${name} of @ is not finite${came}`)
      }
      if (gradInputs.every(allFinite)) return
      fail(path, module, `the gradient by the input of @ is not finite${came}`)
    },
  })
}

function allFinite(tensor: Tensor): boolean {
  const { dtype, length } = tensor
  if (dtype !== 'float32' && dtype !== 'float64') return true
  // One pass by a kernel: a sum is finite only if all its terms are.
  const sum = empty([1], dtype)
  kernels().reduce({
    kind: ReduceKind.sum,
    x: tensor,
    out: sum,
    outer: 1,
    n: length,
    inner: 1,
    beta: 0,
  })
  if (Number.isFinite(sum.data[0])) return true
  // Or it has overflowed.
  return tensor.data.every(Number.isFinite)
}
