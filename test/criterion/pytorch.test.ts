import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { nn, tensor, type Tensor } from '../../ts/index.js'

interface Values {
  readonly shape: number[]
  readonly data: number[]
}

interface Case {
  readonly name: keyof typeof makers
  readonly options: Readonly<Record<string, Values | string | number | boolean>>
  readonly prediction: Values
  readonly target: Values & { readonly integer: boolean }
  readonly loss: Values
  readonly gradient: Values
}

const makers = {
  MSELoss: (options: object) => new nn.MSELoss(options),
  L1Loss: (options: object) => new nn.L1Loss(options),
  SmoothL1Loss: (options: object) => new nn.SmoothL1Loss(options),
  HuberLoss: (options: object) => new nn.HuberLoss(options),
  BCELoss: (options: object) => new nn.BCELoss(options),
  BCEWithLogitsLoss: (options: object) => new nn.BCEWithLogitsLoss(options),
  KLDivLoss: (options: object) => new nn.KLDivLoss(options),
  NLLLoss: (options: object) => new nn.NLLLoss(options),
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/criterion.json', import.meta.url), 'utf8'),
) as Case[]

const read = ({ shape, data }: Values): Tensor => tensor(data, { dtype: 'float64' }).reshape(shape)

/** PyTorch's options under our names. */
function translated(options: Case['options']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === 'object' ? read(value) : value,
    ]),
  )
}

/**
 * Both sides round some tens of times, relative to terms of at most about 20 times the larger of the
 * result and 1 (PyTorch subtracts logits from softplus, and adds up 20 elements): 64 roundings on each.
 * Gradients of 1e12 come from 1 / 1e-12, which PyTorch takes from a float32 constant.
 */
function tolerance(expected: number): number {
  const size = Math.abs(expected)
  return size > 1e11 ? size * 2 ** -24 : 2 * 64 * 20 * 2 ** -53 * Math.max(1, size)
}

function expectValues(what: string, actual: Tensor, expected: Values): void {
  expect(actual.shape, what).to.deep.equal(expected.shape)
  for (const [i, value] of expected.data.entries()) {
    expect(actual.data[i], `${what}[${i}]`).to.be.closeTo(value, tolerance(value))
  }
}

describe('criteria give what PyTorch gives', () => {
  for (const { name, options, prediction, target, loss, gradient } of cases) {
    const how = Object.entries(options)
      .map(
        ([key, value]) => `${key}=${typeof value === 'object' ? `(${value.shape.join()})` : value}`,
      )
      .join(', ')
    it(`${name}(${how}), (${prediction.shape.join()})`, () => {
      const criterion = makers[name](translated(options))
      const x = read(prediction)
      const y = target.integer ? read(target).to('int32') : read(target)
      expectValues('loss', criterion.forward(x, y), loss)
      expectValues('gradient', criterion.backward(x, y), gradient)
    })
  }
})
