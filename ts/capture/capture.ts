import { checkArguments, checkFunction, checkObject } from '../check.js'
import { CaptureError } from '../errors.js'
import { isRecording, kernels } from '../kernels/backend.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { empty, noTensor, Tensor } from '../tensor/tensor.js'
import { CapturedStep, type Inputs } from './captured-step.js'
import type { Outputs } from './outputs.js'

export interface CaptureOptions<I extends Inputs> {
  /**
   * Examples of what the function takes: they fix names, shapes and dtypes. Their numbers are what the
   * first run works on if it is given nothing else.
   */
  inputs?: I
}

const OPTIONS = { inputs: unchecked<Inputs>() } satisfies Options<CaptureOptions<Inputs>>

/**
 * Records what a function computes, to run it again and again without JavaScript: a whole training
 * step, on a thread of its own, while the server answers.
 *
 * The function may use anything made of gradlane's operations: modules, criteria, optimizers, your own
 * modules. `capture` calls it twice, to see that it does the same each time, and computes nothing yet:
 * parameters, gradients, optimizer state and generators are as they were. A run then does what the
 * function does, bit for bit. Dropout draws anew each time.
 *
 * What is set between two runs counts from the next one, as it would without `capture`: options and
 * groups of optimizers, training modes, `requiresGrad`, gradients that are set or forgotten, the backend,
 * and public properties of the modules and criteria that took part, such as other parameters and
 * modules. A run that finds a change records the function again first. What your function or your own classes
 * keep in variables and private fields is as it was when the step was recorded.
 *
 * Not all calls are run as they were recorded: an activation function goes into the kernel before it,
 * and intermediate results share memory. After a run there is what the function returns, parameters
 * with their gradients, and states; a tensor in the middle that you want to see has to be returned.
 *
 * What depends on JavaScript cannot be captured: reading numbers (`item()`, `data`), writing them, and
 * whatever changes from one call of the function to the next.
 *
 * @throws CaptureError when the function reads or writes numbers, returns something else than tensors,
 *   or does not do the same each time.
 *
 * @example
 * const step = capture(({ x, y }) => {
 *   optimizer.zeroGrad()
 *   const prediction = model.forward(x)
 *   const loss = criterion.forward(prediction, y)
 *   model.backwardParameters(x, criterion.backward(prediction, y))
 *   optimizer.step()
 *   return loss
 * }, { inputs: { x: zeros([64, 784]), y: zeros([64], { dtype: 'int32' }) } })
 *
 * for await (const [x, y] of batches) {
 *   const loss = await step.run({ x, y })
 *   console.log(loss.item())
 * }
 */
export function capture<I extends Inputs = Inputs, O extends Outputs = Outputs>(
  fn: (inputs: I) => O,
  options: CaptureOptions<I> = {},
): CapturedStep<I, O> {
  checkArguments('capture', 2, arguments)
  checkFunction('capture', 'what is captured', fn)
  if (isRecording()) throw new CaptureError('capture: a step is being captured already')
  const examples = Object.entries(inputsOf(options))
  for (const [name, example] of examples) {
    if (!(example instanceof Tensor)) throw noTensor('capture', `input ${name}`, example)
  }
  const own = examples.map(([name, example]) => {
    const tensor = empty(example.shape, example.dtype)
    kernels().copy({ x: example, y: tensor, n: tensor.length })
    return [name, tensor] as const
  })
  return new CapturedStep<I, O>(fn, Object.fromEntries(own) as unknown as I)
}

function inputsOf<I extends Inputs>(options: CaptureOptions<I>): Inputs {
  const { inputs = {} } = readOptions('capture', OPTIONS, options)
  checkObject('capture', 'inputs', inputs)
  return inputs
}
