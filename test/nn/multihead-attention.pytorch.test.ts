// Attention of several heads against PyTorch: output, weights and all gradients.
import { expect } from 'chai'

import { nn, tensor, type Tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { numbers, sizeOf } from '../support/formula.js'
import { camelOptions, expectResult, readCases, type Results, tensorOf, valuesOf } from '../support/pytorch-fixture.js' // prettier-ignore
import { floatDTypes } from '../support/samples.js'
import { roundoff } from '../support/tolerance.js'

type Mask = { readonly shape: readonly number[] } | { readonly blocked: number[] | number[][] }

/** `attention` of test/fixtures/attention.py. */
interface Case {
  readonly arguments: readonly [number, number]
  readonly options: Readonly<Record<string, unknown>>
  readonly inputs: readonly (readonly number[])[]
  readonly padding: Mask | null
  readonly mask: Mask | null
  readonly weights: 'mean' | 'each' | null
  readonly state: Readonly<Record<string, readonly number[]>>
  readonly results: Results
}

const [Q, OUTPUT, WEIGHTS, MASK, PARAMETERS] = [1, 4, 5, 6, 7] as const

function make(one: Case, dtype: FloatDType): nn.MultiheadAttention {
  const module = new nn.MultiheadAttention(...one.arguments, {
    ...camelOptions(one.options),
    dtype,
  })
  const keys = Object.keys(one.state)
  expect(Object.keys(module.stateDict())).deep.equal(keys)
  const state = keys.map((key, i) => {
    const values = numbers(one.state[key]!, PARAMETERS + i).map((value) => value / 4)
    return [key, tensorOf(values, one.state[key]!, dtype)] as const
  })
  module.loadStateDict(Object.fromEntries(state))
  return module
}

function maskOf(mask: Mask | null, dtype: FloatDType): Tensor | null {
  if (mask === null) return null
  if ('blocked' in mask) return tensor(mask.blocked, { dtype: 'uint8' })
  return tensorOf(numbers(mask.shape, MASK), mask.shape, dtype)
}

function check(one: Case, dtype: FloatDType): void {
  const module = make(one, dtype)
  const leaves = one.inputs.map((shape, i) =>
    tensorOf(numbers(shape, Q + i), shape, dtype).requiresGrad_(),
  )
  const [q, k, v] = [0, 1, 2].map((i) => leaves[Math.min(i, leaves.length - 1)]!) as [
    Tensor,
    Tensor,
    Tensor,
  ]
  const found = module.forward(q, k, v, {
    keyPaddingMask: maskOf(one.padding, dtype),
    attnMask: maskOf(one.mask, dtype),
    needWeights: one.weights !== null,
    averageAttnWeights: one.weights === 'mean',
  })
  const share = (x: Tensor, seed: number): Tensor =>
    x.mul(tensorOf(numbers(x.shape, seed), x.shape, dtype)).sum()
  let loss = share(found.output, OUTPUT)
  if (found.weights !== null) loss = loss.add(share(found.weights, WEIGHTS))
  loss.backward()
  const named = new Map<string, { grad: Tensor | null }>(module.namedParameters())
  leaves.forEach((leaf, i) => named.set('qkv'[i]!, leaf))
  // Each number is a sum over rows, keys and columns at most, of products of some units.
  const terms = one.inputs.reduce((sum, shape) => sum + sizeOf(shape), 8 * one.arguments[0])
  for (const [key, result] of Object.entries(one.results)) {
    const [, name] = key.split(' ')
    const actual = name === undefined ? found[key]! : named.get(name)!.grad!
    const values = valuesOf(result, dtype)
    const most = values.reduce((size, value) => Math.max(size, Math.abs(value)), 1)
    const bound = 2 * terms * roundoff[dtype] * most
    expectResult(key, actual, result.shape, [values], dtype, () => bound)
  }
}

describe('MultiheadAttention gives what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readCases('attention') as readonly Case[]) {
      const { inputs, options, padding, mask, weights } = one
      it(JSON.stringify({ inputs, options, padding, mask, weights }), () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
