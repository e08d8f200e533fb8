import { complaint, DTypeError, ShapeError } from '../errors.js'
import { kernels, refuseWhileRecording } from '../kernels/backend.js'
import type { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { defaultGenerator, type Generator } from '../random/generator.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { checkModel } from '../train/arguments.js'
import { Snapshot } from '../train/snapshot.js'

/** A module as a function that is differentiated at one input. */
export class Trial {
  /** A copy of the input, which may be changed between two passes. */
  readonly input: Tensor
  readonly #buffers: (readonly [tensor: Tensor, before: Tensor])[]
  readonly #generators: (readonly [Generator, state: Tensor])[]

  constructor(
    readonly who: string,
    readonly module: Module,
    input: Tensor,
  ) {
    this.input = input.clone()
    this.#buffers = module.buffers().map((tensor) => [tensor, tensor.clone()])
    const generators = new Set([defaultGenerator, ...module.generators()])
    this.#generators = Array.from(generators, (generator) => [generator, generator.getState()])
  }

  /**
   * The output. Buffers and generators are as at first before each pass, so that it is one function:
   * dropout draws the same mask again.
   */
  forward(): Tensor {
    for (const [tensor, before] of this.#buffers)
      kernels().copy({ x: before, y: tensor, n: tensor.length })
    for (const [generator, state] of this.#generators) generator.setState(state)
    return this.module.forward(this.input)
  }

  /**
   * The gradient by the input for the last `forward`.
   *
   * @throws ShapeError when it is not of the input's shape.
   */
  backward(gradOutput: Tensor): Tensor {
    const gradInput = this.module.backward(this.input, gradOutput)
    if (sameShape(gradInput.shape, this.input.shape)) return gradInput
    throw new ShapeError(
      complaint(
        this.who,
        `the gradient by the input that ${this.module.describe()} returns`,
        `of the input's shape ${formatShape(this.input.shape)}`,
        `shape ${formatShape(gradInput.shape)}`,
      ),
    )
  }

  /** The parameters that are trained, by path. */
  trained(): [string, Parameter][] {
    return [...this.module.namedParameters()].filter(([, { requiresGrad }]) => requiresGrad)
  }
}

/**
 * Runs `body` and puts the module back as it was: parameters and their gradients, `requiresGrad`,
 * buffers, training flags, generators. The module needs a new `forward` before the next `backward`.
 *
 * @param frozen Whether the passes leave out the gradients by parameters.
 * @throws ValueError for an argument that is none; CaptureError while a step is being captured.
 */
export function onTrial<T>(
  who: string,
  module: Module,
  x: Tensor,
  frozen: boolean,
  body: (trial: Trial) => T,
): T {
  refuseWhileRecording(who, 'call it before capture or between two runs')
  checkModel(who, module)
  if (!(x instanceof Tensor)) throw noTensor(who, 'x', x)
  const snapshot = new Snapshot(module)
  const thawed = frozen ? module.parameters().filter(({ requiresGrad }) => requiresGrad) : []
  try {
    for (const parameter of thawed) parameter.requiresGrad = false
    return body(new Trial(who, module, x))
  } finally {
    for (const parameter of thawed) parameter.requiresGrad = true
    snapshot.restore()
  }
}

/** Sizes of the samples in a batch of inputs and of outputs. */
export interface SampleSizes {
  readonly batch: number
  readonly outs: number
  readonly ins: number
}

/** @throws ShapeError unless input and output hold a sample in each row. */
export function sampleSizes({ who, module }: Trial, x: Tensor, output: Tensor): SampleSizes {
  const [batch] = x.shape
  if (batch === undefined || output.shape[0] !== batch) {
    throw new ShapeError(
      complaint(
        who,
        `x and the output of ${module.describe()}`,
        'a batch, with a sample in each row of both',
        `shapes ${formatShape(x.shape)} and ${formatShape(output.shape)}`,
        'a single sample is x.reshape([1, ...x.shape]); gradcheck takes any shapes',
      ),
    )
  }
  const size = ({ shape }: Tensor): number => shape.slice(1).reduce((product, n) => product * n, 1)
  return { batch, outs: size(output), ins: size(x) }
}

/** @throws DTypeError unless all of them are float64, which central differences need. */
export function checkDouble(who: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [what, { dtype }] of Object.entries(tensors)) {
    if (dtype === 'float64') continue
    throw new DTypeError(
      complaint(
        who,
        what,
        'float64',
        dtype,
        'the differences of float32 numbers are mostly rounding errors: use ' +
          "module.to('float64') and x.to('float64')",
      ),
    )
  }
}
