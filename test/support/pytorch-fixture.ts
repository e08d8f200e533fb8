import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { type nn, tensor, type Tensor } from '../../ts/index.js'

/** A tensor in a file of test/fixtures. */
export interface Values {
  readonly shape: number[]
  readonly data: number[]
}

/** What PyTorch computed with a module, in float64. */
export interface ModuleFixture {
  readonly state: Record<string, Values>
  readonly input: Values
  readonly gradOutput: Values
  readonly output: Values
  readonly gradInput: Values
  readonly gradients: Record<string, Values>
}

/** The content of `test/fixtures/<name>.json`. */
export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'))
}

export const float64 = ({ shape, data }: Values): Tensor =>
  tensor(data, { dtype: 'float64' }).reshape(shape)

/** PyTorch's options with our names: kernel_size to kernelSize. */
export function camelOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]))
}

export function expectValues(
  what: string,
  actual: Tensor,
  expected: Values,
  tolerance: number,
): void {
  expect(actual.shape, what).to.deep.equal(expected.shape)
  for (const [i, value] of expected.data.entries()) {
    expect(actual.data[i], `${what}[${i}]`).to.be.closeTo(value, tolerance)
  }
}

/** Loads the fixture's state into the module and compares a forward and a backward pass. */
export function expectModule(module: nn.Module, fixture: ModuleFixture, tolerance: number): void {
  module.loadStateDict(
    Object.fromEntries(
      Object.entries(fixture.state).map(([key, values]) => [key, float64(values)]),
    ),
  )
  const input = float64(fixture.input)
  expectValues('output', module.forward(input), fixture.output, tolerance)
  const gradInput = module.backward(input, float64(fixture.gradOutput))
  expectValues('gradInput', gradInput, fixture.gradInput, tolerance)
  const named = [...module.namedParameters()]
  expect(named.map(([name]) => name)).to.deep.equal(Object.keys(fixture.gradients))
  for (const [name, parameter] of named) {
    expectValues(name, parameter.grad!, fixture.gradients[name]!, tolerance)
  }
}
