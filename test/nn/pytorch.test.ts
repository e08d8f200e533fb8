import { expect } from 'chai'

import { nn, type Tensor, ValueError } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { gradients, indices, numbers, seeds, stateNumbers } from '../support/formula.js'
import {
  activationBounds,
  type Bounds,
  normBounds,
  type Operands,
  softmaxBounds,
  sumBounds,
} from '../support/pytorch-bound.js'
import { accepted } from '../support/pytorch-differences.js'
import {
  camelOptions,
  expectResult,
  type LayerCase,
  readCases,
  tensorOf,
} from '../support/pytorch-fixture.js'
import { floatDTypes } from '../support/samples.js'

const fixtures = ['nn', 'conv', 'norm', 'pool', 'pad', 'upsample2d', 'embedding'] as const

const activations = ['ReLU', 'LeakyReLU', 'Sigmoid', 'Tanh', 'SiLU', 'GELU', 'Softplus']

function boundsOf(dtype: FloatDType, one: LayerCase, operands: Operands): Bounds {
  if (activations.includes(one.name)) return activationBounds(dtype, one, operands)
  if (one.name.endsWith('Softmax')) return softmaxBounds(dtype, one, operands)
  if (one.name.includes('Norm')) return normBounds(dtype, one, operands)
  return sumBounds(dtype, one, operands)
}

function make({ name, arguments: given, options, state, mode }: LayerCase, dtype: FloatDType) {
  const layer = (nn as unknown as Record<string, new (...given: unknown[]) => nn.Module>)[name]!
  const settings = camelOptions(options)
  if (Object.keys(state).length > 0) settings['dtype'] = dtype
  const module = new layer(...given, ...(Object.keys(settings).length > 0 ? [settings] : []))
  return mode === 'eval' ? module.eval() : module
}

/** Where results come from, ours by PyTorch's names. */
function resultsOf(module: nn.Module, output: Tensor, gradInput: Tensor, key: string): Tensor {
  if (key === 'output') return output
  if (key === 'gradInput') return gradInput
  if (key === 'indices') return (module as unknown as { indices: Tensor }).indices
  const [what, name] = key.split(' ') as ['grad' | 'after', string]
  if (what === 'after') return module.stateDict()[name]!
  return new Map(module.namedParameters()).get(name)!.grad!
}

function check(one: LayerCase, dtype: FloatDType): void {
  const { name, input: shape, kind = 'plain', state, results } = one
  const module = make(one, dtype)
  const values = Object.entries(state).map(([key, of], i) => stateNumbers(key, of, i))
  const keys = Object.keys(state)
  expect(Object.keys(module.stateDict())).to.deep.equal(keys)
  module.loadStateDict(
    Object.fromEntries(
      keys.map((key, i) => [
        key,
        tensorOf(values[i]!, state[key]!, key.endsWith('tracked') ? 'int32' : dtype),
      ]),
    ),
  )
  const x = name === 'Embedding' ? indices(shape, 7) : numbers(shape, seeds.input, kind)
  const input = tensorOf(x, shape, name === 'Embedding' ? 'int32' : dtype)
  if (results === undefined) {
    expect(() => module.forward(input)).to.throw(ValueError)
    return
  }
  const output = module.forward(input)
  const g = gradients(output.shape, kind)
  const gradInput = module.backward(input, tensorOf(g, output.shape, dtype))
  const named = Object.fromEntries(keys.map((key, i) => [key, values[i]!]))
  const bounds = boundsOf(dtype, one, { x, g, state: named })
  for (const [key, result] of Object.entries(results)) {
    const actual = resultsOf(module, output, gradInput, key)
    const bound = key === 'indices' ? () => 0 : bounds(key)
    expectResult(key, actual, result.shape, accepted(one, key, dtype), dtype, bound)
  }
}

function title(one: LayerCase): string {
  const given = [...one.arguments, one.options].map((value) => JSON.stringify(value))
  return `${one.name}(${given.join(', ')}) ${one.input.join('x')} ${one.kind ?? ''} ${one.mode ?? ''}`
}

describe('layers give what PyTorch gives', () => {
  eachBackend(() => {
    for (const fixture of fixtures) {
      for (const one of readCases(fixture) as readonly LayerCase[]) {
        it(title(one), () => {
          for (const dtype of floatDTypes) check(one, dtype)
        })
      }
    }
  })
})
