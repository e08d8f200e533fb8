// Recurrent layers and cells against PyTorch: outputs, states and all gradients, whatever subset of
// gradients comes in.
import { expect } from 'chai'

import { nn, tensor, type Tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { numbers, sizeOf } from '../support/formula.js'
import { camelOptions, expectResult, readCases, type Results, tensorOf, valuesOf } from '../support/pytorch-fixture.js' // prettier-ignore
import { floatDTypes } from '../support/samples.js'
import { roundoff } from '../support/tolerance.js'

/** `layer` and `cell` of test/fixtures/recurrent.py. */
interface Case {
  readonly name: 'RNN' | 'LSTM' | 'GRU' | 'RNNCell' | 'LSTMCell' | 'GRUCell'
  readonly arguments: readonly [number, number]
  readonly options: Readonly<Record<string, unknown>>
  readonly input: readonly number[]
  readonly given: boolean
  readonly lengths?: readonly number[] | null
  readonly upstream?: readonly string[]
  readonly state: Readonly<Record<string, readonly number[]>>
  readonly results: Results
}

const SEEDS: Readonly<Record<string, number>> = {
  x: 1,
  output: 2,
  hN: 3,
  h: 3,
  cN: 4,
  c: 4,
  h0: 5,
  c0: 6,
}
const PARAMETERS = 7

interface AnyModule extends nn.Module {
  forward(...given: unknown[]): never
}

function make(one: Case, dtype: FloatDType): AnyModule {
  type Class = new (...given: unknown[]) => AnyModule
  const layer = (nn as unknown as Record<string, Class>)[one.name]!
  const module = new layer(...one.arguments, { ...camelOptions(one.options), dtype })
  const keys = Object.keys(one.state)
  expect(Object.keys(module.stateDict())).deep.equal(keys)
  const state = keys.map((key, i) => {
    const values = numbers(one.state[key]!, PARAMETERS + i).map((value) => value / 4)
    return [key, tensorOf(values, one.state[key]!, dtype)] as const
  })
  module.loadStateDict(Object.fromEntries(state))
  return module
}

/** The input, where nothing is looked at behind the end of a row. */
function inputOf(one: Case, dtype: FloatDType): Tensor {
  const values = numbers(one.input, SEEDS['x']!)
  const [first, second, features] = one.input as [number, number, number]
  one.lengths?.forEach((length, row) => {
    const isFirst = one.options['batch_first'] === true
    for (let t = length; t < (isFirst ? second : first); t++) {
      const at = isFirst ? row * second + t : t * second + row
      values.fill(NaN, at * features, (at + 1) * features)
    }
  })
  return tensorOf(values, one.input, dtype).requiresGrad_()
}

function stateOf(one: Case, name: string, dtype: FloatDType): Tensor | undefined {
  const shape = one.results[`grad ${name}`]?.shape
  if (shape === undefined) return undefined
  return tensorOf(numbers(shape, SEEDS[name]!), shape, dtype).requiresGrad_()
}

/** What the call gives by name, and what went into it. */
function call(one: Case, module: AnyModule, dtype: FloatDType) {
  const x = inputOf(one, dtype)
  const [h0, c0] = [stateOf(one, 'h0', dtype), stateOf(one, 'c0', dtype)]
  let results: Record<string, Tensor>
  if (one.name === 'LSTMCell') results = module.forward(x, h0 && { h: h0, c: c0 })
  else if (one.name.endsWith('Cell')) results = { h: module.forward(x, h0) }
  else {
    const lengths = one.lengths ? tensor([...one.lengths], { dtype: 'int32' }) : undefined
    const cell = c0 ? { c0 } : {}
    results = module.forward(x, { h0, lengths, ...cell })
  }
  return { results, leaves: { x, h0, c0 } as Record<string, Tensor | undefined> }
}

function check(one: Case, dtype: FloatDType): void {
  const module = make(one, dtype)
  const { results, leaves } = call(one, module, dtype)
  const upstream = one.upstream ?? Object.keys(results)
  let loss: Tensor | null = null
  for (const key of upstream) {
    const result = results[key]!
    const share = result
      .mul(tensorOf(numbers(result.shape, SEEDS[key]!), result.shape, dtype))
      .sum()
    loss = loss === null ? share : loss.add(share)
  }
  loss!.backward()
  const named = new Map(module.namedParameters())
  // Each number is a sum over steps, rows and columns at most, of products of some units.
  const terms = sizeOf(one.input) + 8 * one.arguments[1]
  for (const [key, result] of Object.entries(one.results)) {
    const [, name] = key.split(' ')
    const actual = name === undefined ? results[key]! : (leaves[name] ?? named.get(name))!.grad
    const bound = 2 * terms * roundoff[dtype]
    const values = valuesOf(result, dtype)
    const most = values.reduce((size, value) => Math.max(size, Math.abs(value)), 1)
    expectResult(key, actual!, result.shape, [values], dtype, () => bound * most)
  }
}

function title({ name, arguments: sizes, options, input, given, lengths, upstream }: Case): string {
  const parts = [...sizes, options].map((value) => JSON.stringify(value)).join(', ')
  const more = [given ? 'with a state' : '', lengths?.join(',') ?? '', upstream?.join('+') ?? '']
  return `${name}(${parts}) ${input.join('x')} ${more.filter((one) => one !== '').join(' ')}`
}

describe('recurrent layers give what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readCases('recurrent') as readonly Case[]) {
      it(title(one), () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
