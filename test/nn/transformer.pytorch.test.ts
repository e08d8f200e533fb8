// Layers of transformers and stacks of them against PyTorch: output and all gradients.
import { expect } from 'chai'

import { nn, tensor, type Tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { numbers, sizeOf } from '../support/formula.js'
import { camel, camelOptions, expectResult, readCases, type Results, tensorOf, valuesOf } from '../support/pytorch-fixture.js' // prettier-ignore
import { floatDTypes } from '../support/samples.js'
import { roundoff } from '../support/tolerance.js'

type Mask =
  'causal' | { readonly shape: readonly number[] } | { readonly blocked: number[] | number[][] }

/** `transformer` of test/fixtures/transformer.py. */
interface Case {
  readonly name: `Transformer${'' | `${'Encoder' | 'Decoder'}${'' | 'Layer'}`}`
  readonly arguments: readonly [number, number]
  readonly options: Readonly<Record<string, unknown>>
  readonly inputs: readonly (readonly number[])[]
  readonly call: Readonly<Record<string, Mask>>
  readonly state: Readonly<Record<string, readonly number[]>>
  readonly results: Results
}

type Callable = nn.Module & { forward(...given: unknown[]): Tensor }

const [INPUT, OUTPUT, MASK, PARAMETERS] = [1, 4, 5, 7] as const

function make(one: Case, dtype: FloatDType): Callable {
  const { num_layers: count, norm, ...rest } = one.options
  const [dModel, nhead] = one.arguments
  const options = { ...camelOptions(rest), dropout: 0, dtype }
  const stacked = { norm: norm === true ? new nn.LayerNorm(dModel, { dtype }) : null }
  switch (one.name) {
    case 'TransformerEncoder':
      return new nn.TransformerEncoder(
        new nn.TransformerEncoderLayer(dModel, nhead, options),
        count as number,
        stacked,
      ) as unknown as Callable
    case 'TransformerDecoder':
      return new nn.TransformerDecoder(
        new nn.TransformerDecoderLayer(dModel, nhead, options),
        count as number,
        stacked,
      ) as unknown as Callable
    default:
      return new nn[one.name](dModel, nhead, options) as unknown as Callable
  }
}

function load(module: Callable, one: Case, dtype: FloatDType): void {
  const keys = Object.keys(one.state)
  expect(Object.keys(module.stateDict())).deep.equal(keys)
  const state = keys.map((key, i) => {
    const values = numbers(one.state[key]!, PARAMETERS + i).map((value) => value / 4)
    return [key, tensorOf(values, one.state[key]!, dtype)] as const
  })
  module.loadStateDict(Object.fromEntries(state))
}

/** `{ isCausal }` in the place of a mask, `{ tgtIsCausal }` in that of tgtMask. */
function callOf(call: Case['call'], dtype: FloatDType, hasOneCausal: boolean): object {
  const given = Object.entries(call).map(([key, mask]): [string, unknown] => {
    const name = camel(key)
    if (mask === 'causal') {
      return [hasOneCausal ? 'isCausal' : name.replace('Mask', 'IsCausal'), true]
    }
    if ('blocked' in mask) return [name, tensor(mask.blocked, { dtype: 'uint8' })]
    return [name, tensorOf(numbers(mask.shape, MASK), mask.shape, dtype)]
  })
  return Object.fromEntries(given)
}

function check(one: Case, dtype: FloatDType): void {
  const module = make(one, dtype)
  load(module, one, dtype)
  const leaves = one.inputs.map((shape, i) =>
    tensorOf(numbers(shape, INPUT + i), shape, dtype).requiresGrad_(),
  )
  const call = callOf(one.call, dtype, one.name.startsWith('TransformerEncoder'))
  const output = module.forward(...leaves, call)
  output
    .mul(tensorOf(numbers(output.shape, OUTPUT), output.shape, dtype))
    .sum()
    .backward()
  const found = new Map<string, Tensor>([['output', output]])
  leaves.forEach((leaf, i) => found.set(`input ${i}`, leaf.grad!))
  for (const [key, { grad }] of module.namedParameters()) found.set(`grad ${key}`, grad!)
  // Each number is a sum over rows and columns at most, of products of some units, in each of some layers.
  const terms = one.inputs.reduce((sum, shape) => sum + sizeOf(shape), 8 * one.arguments[0])
  for (const [key, result] of Object.entries(one.results)) {
    const values = valuesOf(result, dtype)
    const most = values.reduce((size, value) => Math.max(size, Math.abs(value)), 1)
    const bound = 4 * terms * roundoff[dtype] * most
    expectResult(key, found.get(key)!, result.shape, [values], dtype, () => bound)
  }
}

describe('Layers of transformers give what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readCases('transformer') as readonly Case[]) {
      const { name, inputs, options, call } = one
      it(`${name} ${JSON.stringify({ inputs, options, call })}`, () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
