import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { nn, tensor, type Tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

interface Values {
  readonly shape: number[]
  readonly data: number[]
}

interface Case {
  readonly name: string
  readonly state: Record<string, Values>
  readonly stateAfter: Record<string, Values>
  readonly input: Values
  readonly gradOutput: Values
  readonly output: Values
  readonly gradInput: Values
  readonly gradients: Record<string, Values>
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/norm.json', import.meta.url), 'utf8'),
) as readonly Case[]

const f64 = { dtype: 'float64' } as const
const read = ({ shape, data }: Values): Tensor => tensor(data, f64).reshape(shape)

const makers: Record<string, () => nn.Module> = {
  batchNorm1d: () => new nn.BatchNorm1d(3, f64),
  batchNorm1dSequence: () => new nn.BatchNorm1d(3, { momentum: 0.3, ...f64 }),
  batchNorm1dEval: () => new nn.BatchNorm1d(3, f64).eval(),
  batchNorm2d: () => new nn.BatchNorm2d(2, { eps: 0.01, momentum: null, ...f64 }),
  batchNorm2dPlain: () => new nn.BatchNorm2d(2, { affine: false, ...f64 }),
  batchNorm2dEval: () => new nn.BatchNorm2d(2, f64).eval(),
  batchNorm2dUntracked: () => new nn.BatchNorm2d(2, { trackRunningStats: false, ...f64 }).eval(),
  layerNorm: () => new nn.LayerNorm(5, f64),
  layerNorm2: () => new nn.LayerNorm([2, 3], { eps: 0.01, ...f64 }),
  layerNormPlain: () => new nn.LayerNorm(5, { elementwiseAffine: false }),
  groupNorm: () => new nn.GroupNorm(2, 4, f64),
  groupNormRows: () => new nn.GroupNorm(2, 6, { eps: 0.01, ...f64 }),
  instanceNorm2d: () => new nn.InstanceNorm2d(3, { affine: true, ...f64 }),
  instanceNorm2dPlain: () => new nn.InstanceNorm2d(3),
}

/**
 * Both sides sum up some tens of numbers of at most 10, a few times over, and divide by deviations
 * of at least 1 / 4: 64 roundings of 2^-53 on each side, times 4.
 */
const TOLERANCE = 4 * 2 * 64 * 10 * 2 ** -53

function expectValues(what: string, actual: Tensor, expected: Values): void {
  expect(actual.shape, what).to.deep.equal(expected.shape)
  for (const [i, value] of expected.data.entries()) {
    expect(actual.data[i], `${what}[${i}]`).to.be.closeTo(value, TOLERANCE)
  }
}

describe('normalisation gives what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of cases) {
      it(one.name, () => {
        const module = makers[one.name]!()
        module.loadStateDict(
          Object.fromEntries(Object.entries(one.state).map(([key, values]) => [key, read(values)])),
        )
        const input = read(one.input)
        expectValues('output', module.forward(input), one.output)
        expectValues('gradInput', module.backward(input, read(one.gradOutput)), one.gradInput)
        const named = [...module.namedParameters()]
        expect(named.map(([name]) => name)).to.deep.equal(Object.keys(one.gradients))
        for (const [name, parameter] of named) {
          expectValues(name, parameter.grad!, one.gradients[name]!)
        }
        const state = module.stateDict()
        expect(Object.keys(state)).to.deep.equal(Object.keys(one.stateAfter))
        for (const [key, values] of Object.entries(one.stateAfter)) {
          expectValues(key, state[key]!, values)
        }
      })
    }
  })
})
