import { checkList } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { add, mul, sum } from '../ops/index.js'
import { grad } from '../autograd/grad.js'
import { enableGrad } from '../autograd/grad-mode.js'
import { refuseWhileRecording } from '../kernels/backend.js'
import { defaultGenerator } from '../random/generator.js'
import { zeros } from '../tensor/create.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { compare, randomWeights, type Subject, type Tolerances } from './compare.js'
import { checkGradOutput } from './grad-output.js'
import { type GradcheckReport, indexOf } from './gradcheck-report.js'
import { checkDouble } from './trial.js'

/** What `gradcheck` takes beside modules. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[]

/** Compares the gradients of a function by its inputs: those that require one, or all floats. */
export function checkFunction(
  who: string,
  fn: TensorFunction,
  given: Tensor | readonly Tensor[],
  gradOutput: Tensor | null,
  tolerances: Tolerances,
): GradcheckReport {
  refuseWhileRecording(who, 'call it before capture or between two runs')
  if (!(given instanceof Tensor)) checkList(who, 'the inputs', given)
  const inputs = given instanceof Tensor ? [given] : [...given]
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor)) throw noTensor(who, `input ${i}`, input)
  })
  const some = inputs.some(({ requiresGrad }) => requiresGrad)
  const isVariable = ({ dtype, requiresGrad }: Tensor): boolean =>
    some ? requiresGrad : dtype === 'float32' || dtype === 'float64'
  const name = (i: number): string => (inputs.length === 1 ? 'input' : `input ${i}`)
  checkDouble(
    who,
    Object.fromEntries(
      inputs.map((input, i) => [name(i), input] as const).filter(([, input]) => isVariable(input)),
    ),
  )
  // Copies, which are changed on the way; constants stay what they are.
  const own = inputs.map((input) => (isVariable(input) ? input.clone().detach() : input))
  const leaves = own.filter((_, i) => isVariable(inputs[i]!)).map((leaf) => leaf.requiresGrad_())
  const state = defaultGenerator.getState()
  const run = (): readonly Tensor[] => {
    defaultGenerator.setState(state)
    const result = enableGrad(() => fn(...own))
    const outputs: readonly Tensor[] = Array.isArray(result) ? result : [result as Tensor]
    for (const output of outputs) {
      if (!(output instanceof Tensor)) throw noTensor(who, 'what the function returns', output)
    }
    return outputs
  }
  try {
    const outputs = run()
    checkOutputs(who, outputs)
    const length = outputs.reduce((total, output) => total + output.length, 0)
    if (gradOutput !== null) {
      if (outputs.length !== 1) {
        const got = `one of ${outputs.length}`
        throw new ValueError(
          complaint(who, 'the function', 'one of one output for gradOutput', got),
        )
      }
      checkGradOutput(who, gradOutput, outputs[0]!)
    }
    const weights = gradOutput === null ? randomWeights(length) : Float64Array.from(gradOutput.data)
    const subject = subjectOf(fn, run, leaves, (leaf) => name(own.indexOf(leaf)))
    return compare(subject, weights, gradOutput === null, tolerances)
  } finally {
    defaultGenerator.setState(state)
  }
}

function checkOutputs(who: string, outputs: readonly Tensor[]): void {
  outputs.forEach((output, i) => {
    checkDouble(who, { [outputs.length === 1 ? 'the output' : `output ${i}`]: output })
  })
  if (outputs.some(({ requiresGrad }) => requiresGrad)) return
  const expected = 'computed from the inputs by operations with gradients'
  throw new ValueError(complaint(who, 'the output', expected, 'one without history'))
}

function subjectOf(
  fn: TensorFunction,
  run: () => readonly Tensor[],
  leaves: readonly Tensor[],
  nameOf: (leaf: Tensor) => string,
): Subject {
  let outputs: readonly Tensor[] = []
  let gradients: readonly (Tensor | null)[] = []
  return {
    name: fn.name === '' ? 'the function' : fn.name,
    variables: leaves.map((tensor, i) => ({
      name: nameOf(tensor),
      tensor,
      gradient: () => gradients[i]!,
    })),
    values() {
      outputs = run()
      if (outputs.length === 1) return outputs[0]!.data
      return outputs.flatMap(({ data }) => [...data])
    },
    backward(weights) {
      const tied = outputs.filter(({ requiresGrad }) => requiresGrad)
      let start = 0
      const shares = outputs.map((output) => {
        const share = zeros(output.shape, { dtype: 'float64' })
        share.data.set(weights.subarray(start, start + output.length))
        start += output.length
        return share
      })
      const loss = enableGrad(() =>
        tied
          .map((output) => sum(mul(output, shares[outputs.indexOf(output)]!)))
          .reduce((a, b) => add(a, b)),
      )
      gradients = grad(loss, leaves, { retainGraph: true })
    },
    place(output) {
      let rest = output
      for (const [k, { length, shape }] of outputs.entries()) {
        if (rest < length)
          return outputs.length === 1 ? indexOf(rest, shape) : [k, ...indexOf(rest, shape)]
        rest -= length
      }
      return []
    },
  }
}
