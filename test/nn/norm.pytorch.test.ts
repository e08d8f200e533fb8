import { expect } from 'chai'

import { nn } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import {
  expectModule,
  expectValues,
  type ModuleFixture,
  readFixture,
  type Values,
} from '../support/pytorch-fixture.js'

interface Case extends ModuleFixture {
  readonly name: string
  readonly stateAfter: Record<string, Values>
}

const f64 = { dtype: 'float64' } as const

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

describe('normalisation gives what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readFixture('norm') as readonly Case[]) {
      it(one.name, () => {
        const module = makers[one.name]!()
        expectModule(module, one, TOLERANCE)
        const state = module.stateDict()
        expect(Object.keys(state)).to.deep.equal(Object.keys(one.stateAfter))
        for (const [key, values] of Object.entries(one.stateAfter)) {
          expectValues(key, state[key]!, values, TOLERANCE)
        }
      })
    }
  })
})
