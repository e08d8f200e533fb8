import { expect } from 'chai'

import { io, nn } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { indices, numbers, seeds } from '../support/formula.js'
import {
  expectResult,
  readCases,
  type Result,
  tensorOf,
  valuesOf,
} from '../support/pytorch-fixture.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'

/** `case` of test/fixtures/models.py. */
interface ModelCase {
  readonly name: keyof typeof models
  readonly state: Readonly<Record<string, { shape: readonly number[]; dtype: string }>>
  readonly input: readonly number[]
  readonly output: Result
}

const models = {
  mlp: (dtype: FloatDType) =>
    new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(6, 5, { dtype }),
      new nn.BatchNorm1d(5, { dtype }),
      new nn.ReLU(),
      new nn.Dropout(0.5),
      new nn.Linear(5, 3, { bias: false, dtype }),
      new nn.LogSoftmax(-1),
    ),
  cnn: (dtype: FloatDType) =>
    new nn.Sequential({
      stem: new nn.Conv2d(1, 4, 3, { padding: 1, bias: false, dtype }),
      norm: new nn.GroupNorm(2, 4, { dtype }),
      act: new nn.GELU(),
      pool: new nn.MaxPool2d(2),
      block: new nn.Sequential(
        new nn.Conv2d(4, 4, 3, { groups: 2, padding: 1, dtype }),
        new nn.BatchNorm2d(4, { dtype }),
        new nn.SiLU(),
      ),
      up: new nn.ConvTranspose2d(4, 2, 2, { stride: 2, dtype }),
      inner: new nn.InstanceNorm2d(2, { affine: true, dtype }),
      flat: new nn.Flatten(),
      head: new nn.Linear(32, 3, { dtype }),
    }),
  text: (dtype: FloatDType) =>
    new nn.Sequential(
      new nn.Embedding(7, 4, { paddingIdx: 0, dtype }),
      new nn.Flatten(),
      new nn.Linear(12, 4, { dtype }),
      new nn.Tanh(),
      new nn.LayerNorm(4, { dtype }),
      new nn.Linear(4, 2, { dtype }),
    ),
}

/**
 * On a path through a model fewer than 200 numbers of at most 16 are added up or rounded otherwise, and
 * at most six of its layers pass on an error, none more than 8 times as large as it came.
 */
const BOUND = 200 * 16 * 8 ** 6 * 2 ** -53

/** The dtypes of a state dict: counters are int32 here. */
const dtypes: Readonly<Record<string, string>> = { float32: 'float32', int64: 'int32' }

describe('state dicts travel from PyTorch', () => {
  eachBackend(() => {
    for (const one of readCases('models') as readonly ModelCase[]) {
      it(one.name, () => {
        const path = new URL(`../fixtures/models/${one.name}.safetensors`, import.meta.url)
        const { tensors } = io.loadSafetensorsSync(path)

        const narrow = models[one.name]('float32')
        const loaded = narrow.loadStateDict(tensors)
        expect(loaded).to.deep.equal({ missingKeys: [], unexpectedKeys: [] })
        const state = narrow.stateDict()
        expect(Object.keys(state)).to.deep.equal(Object.keys(one.state))
        for (const [key, { shape, dtype }] of Object.entries(one.state)) {
          expect(state[key]!.shape, key).to.deep.equal(shape)
          expect(state[key]!.dtype, key).to.equal(dtypes[dtype])
          expect(state[key]!.toArray(), key).to.deep.equal(tensors[key]!.toArray())
        }

        const wide = models[one.name]('float64').eval()
        wide.loadStateDict(
          Object.fromEntries(
            Object.entries(state).map(([key, values]) => [
              key,
              values.dtype === 'int32' ? values : values.to('float64'),
            ]),
          ),
        )
        const input =
          one.name === 'text'
            ? tensorOf(indices(one.input, 7), one.input, 'int32')
            : tensorOf(numbers(one.input, seeds.input), one.input, 'float64')
        const output = wide.forward(input)
        const wanted = [valuesOf(one.output, 'float64')]
        expectResult('output', output, one.output.shape, wanted, 'float64', () => BOUND)
      })
    }
  })
})
