import { noGrad } from '../autograd/grad-mode.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import type { TensorModule } from '../nn/module.js'
import { kernels } from '../kernels/backend.js'
import { checkCountable, empty, formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { type Options, readOptions, signal, whole } from '../options.js'
import { checkModel } from './arguments.js'
import { drive, driveSync, type Flow } from './flow.js'
import { Modes } from './modes.js'
import { Replayable } from './replayable.js'

export interface PredictOptions {
  /** Rows of a forward pass. Default 256. */
  batchSize?: number
  /** Ends it after the batch in progress: the promise rejects with `signal.reason`. */
  signal?: AbortSignal
}

const OPTIONS = { batchSize: whole(1, 256), signal: signal() } satisfies Options<PredictOptions>

/**
 * The outputs of a model for many inputs, in evaluation mode, off the main thread. Nothing of the model
 * is changed. For a single request `model.forward` is quicker.
 *
 * @param inputs Shape (N, …); all N rows go through the model, batch by batch.
 * @returns shape (N, …).
 * @throws ShapeError, DTypeError when the inputs do not fit the model, as a single sample without the
 *   dimension of the batch.
 *
 * @example
 * const classes = argmax(await predict(model, images), 1)
 */
export async function predict(
  model: TensorModule,
  inputs: Tensor,
  options: PredictOptions = {},
): Promise<Tensor> {
  checkArguments('predict', 3, arguments)
  return drive(outputs('predict', false, model, inputs, options))
}

/** As `predict`, without a promise: on this thread. */
export function predictSync(
  model: TensorModule,
  inputs: Tensor,
  options: Omit<PredictOptions, 'signal'> = {},
): Tensor {
  checkArguments('predictSync', 3, arguments)
  return driveSync('predictSync', outputs('predictSync', true, model, inputs, options))
}

function* outputs(
  who: string,
  sync: boolean,
  model: TensorModule,
  inputs: Tensor,
  options: PredictOptions,
): Flow<Tensor> {
  checkModel(who, model)
  if (!(inputs instanceof Tensor)) throw noTensor(who, 'the inputs', inputs)
  const { batchSize, signal } = readOptions(who, OPTIONS, options)
  const rows = inputs.shape[0]
  if (rows === undefined || rows === 0) {
    const got = `shape ${formatShape(inputs.shape)}`
    throw new ShapeError(complaint(who, 'the inputs', 'at least one row', got))
  }
  checkCountable(who, inputs.shape, rows)
  const forward = new Replayable<{ x: Tensor }, Tensor>(
    ({ x }) => noGrad(() => model.forward(x)),
    Modes.evaluating(model),
    null,
    { sync, signal },
  )
  const parts: Tensor[] = []
  for (let start = 0; start < rows; start += batchSize) {
    const x = inputs.narrow(0, start, Math.min(batchSize, rows - start))
    const part = yield* forward.run({ x })
    if (part.shape[0] !== x.shape[0]) throw oddRows(who, inputs, x, part)
    parts.push(part)
  }
  const [first] = parts
  const all = empty([rows, ...first!.shape.slice(1)], first!.dtype)
  let row = 0
  for (const part of parts) {
    const count = part.shape[0]!
    kernels().copy({ x: part, y: all.narrow(0, row, count), n: part.length })
    row += count
  }
  return all
}

function oddRows(who: string, { shape }: Tensor, x: Tensor, output: Tensor): ShapeError {
  const got = `shape ${formatShape(shape)}, of which the model makes ${formatShape(output.shape)} from ${formatShape(x.shape)}`
  const hint = `is it one sample? use inputs.reshape([${[1, ...shape].join(', ')}])`
  return new ShapeError(
    complaint(who, 'the inputs', 'shape (N, …), a row for each sample', got, hint),
  )
}
