import { expect } from 'chai'

import { nn, ShapeError, tensor, type Tensor, ValueError, zeros } from '../../ts/index.js'

const build = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(3, 2), new nn.ReLU(), new nn.Linear(2, 1))

const values = (module: nn.Module): unknown[] =>
  module.parameters().map((parameter) => parameter.toArray())

const without = (state: nn.StateDict, left: string): nn.StateDict =>
  Object.fromEntries(Object.entries(state).filter(([key]) => key !== left))

describe('nn state dicts', () => {
  it('have the keys of PyTorch and share storage with the module', () => {
    const model = build()
    const state = model.stateDict()
    expect(Object.keys(state)).to.deep.equal(['0.weight', '0.bias', '2.weight', '2.bias'])
    expect(state['0.weight']!.shape).to.deep.equal([2, 3])
    state['2.bias']!.data[0] = 7
    expect(model[2]!.parameters()[1]!.item()).to.equal(7)
  })

  it('convert between the float dtypes', () => {
    const [narrow, wide] = [build(), build().to('float64')]
    wide.loadStateDict(narrow.stateDict())
    expect(values(wide)).to.deep.equal(values(narrow))
    const state = { ...wide.stateDict(), '2.bias': tensor([0.1], { dtype: 'float64' }) }
    narrow.loadStateDict(state)
    expect(narrow.stateDict()['2.bias']!.item()).to.equal(Math.fround(0.1))
    expect(narrow.stateDict()['2.bias']!.dtype).to.equal('float32')
  })

  it('change nothing unless everything fits', () => {
    const model = build()
    const before = values(model)
    const good = build().stateDict()
    const missing = without(good, '0.bias')
    expect(() => model.loadStateDict({ ...missing, extra: zeros([1]) })).to.throw(
      ValueError,
      'Sequential.loadStateDict: missing 0.bias; unexpected extra; { strict: false }',
    )
    const odd = { ...good, '0.weight': zeros([3, 2]), '2.bias': zeros([]) }
    for (const strict of [true, false]) {
      expect(() => model.loadStateDict(odd, { strict })).to.throw(
        ShapeError,
        'shapes differ: 0.weight (3, 2) for (2, 3), 2.bias () for (1)',
      )
    }
    const wrong = { ...good, '2.bias': [1] as unknown as Tensor }
    expect(() => model.loadStateDict(wrong)).to.throw(ValueError, '2.bias to be a Tensor')
    expect(values(model)).to.deep.equal(before)
  })

  it('may be partial when not strict', () => {
    const model = build()
    const missing = without(build().stateDict(), '0.bias')
    const bias = model.stateDict()['0.bias']!.toArray()
    const result = model.loadStateDict({ ...missing, extra: zeros([1]) }, { strict: false })
    expect(result).to.deep.equal({ missingKeys: ['0.bias'], unexpectedKeys: ['extra'] })
    expect(model.stateDict()['0.weight']!.toArray()).to.deep.equal(missing['0.weight']!.toArray())
    expect(model.stateDict()['0.bias']!.toArray()).to.deep.equal(bias)
  })

  it('list shared parameters under each of their names', () => {
    const first = new nn.Linear(2, 2)
    const second = new nn.Linear(2, 2)
    second.weight = first.weight
    const tied = new nn.Sequential(first, second)
    expect(Object.keys(tied.stateDict())).to.deep.equal([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
    ])
    const copy = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 2))
    copy.loadStateDict(tied.stateDict())
    expect(copy.stateDict()['1.weight']!.toArray()).to.deep.equal(first.weight.toArray())
  })

  it('keep the parameter objects that an optimizer holds', () => {
    const model = build()
    const parameters = model.parameters()
    model.loadStateDict(build().stateDict())
    model.to('float64')
    expect(model.parameters().every((one, i) => one === parameters[i])).to.equal(true)
    expect(parameters[0]!.dtype).to.equal('float64')
    expect(parameters[0]!.data).to.be.instanceOf(Float64Array)
  })
})
