import { expect } from 'chai'

import { nn, Tensor } from '../../ts/index.js'
import * as operations from '../../ts/ops/index.js'
import type { FunctionCase } from '../support/function-case.js'
import { families } from '../support/function-families.js'
import { readCases } from '../support/pytorch-fixture.js'

/** Their results are places, counts or masks. */
const withoutGradient: readonly string[] = [
  'argmax',
  'argmin',
  'argsort',
  'eq',
  'ge',
  'gt',
  'le',
  'logicalAnd',
  'logicalNot',
  'logicalOr',
  'lt',
  'ne',
  'nonzero',
  'oneHot',
]

/** Their gradient is still to come. */
const unfinished: readonly string[] = []

/** They take no tensor first, or a mask. */
const noMethods: readonly string[] = ['cat', 'einsum', 'stack', 'where']
describe('functions of tensors', () => {
  const functional = (nn as unknown as { functional?: Record<string, unknown> }).functional
  const names = Object.entries({ ...operations, ...functional })
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name)
  const cases = families.flatMap((family) => [
    ...(readCases(`functions/${family}`) as readonly FunctionCase[]),
  ])
  const known = new Set(cases.map(({ name }) => name))
  const differentiated = new Set(
    cases.filter(({ gradients }) => gradients.some((g) => g !== null)).map(({ name }) => name),
  )

  it('have cases from PyTorch, which are also captured (test/ops/functions.test.ts)', () => {
    expect(names.filter((name) => !known.has(name))).to.deep.equal([])
    // Criteria have cases of that kind, too.
    expect([...known].filter((name) => !names.includes(name) && !(name in nn))).to.deep.equal([])
  })

  it('have a gradient in a case, all but those that cannot have one', () => {
    const expected = names.filter((name) => !withoutGradient.includes(name))
    expect(expected.filter((name) => !differentiated.has(name))).to.deep.equal(unfinished)
    expect(withoutGradient.filter((name) => differentiated.has(name))).to.deep.equal([])
  })

  it('are methods of tensors, too', () => {
    const own = Object.keys(operations).filter((name) => name in Tensor.prototype)
    expect(Object.keys(operations).filter((name) => !own.includes(name))).to.deep.equal(noMethods)
  })
})
