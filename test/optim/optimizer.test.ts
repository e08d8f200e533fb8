import { expect } from 'chai'
import { DTypeError, ShapeError, ValueError } from '../../ts/errors.js'
import { Parameter } from '../../ts/nn/parameter.js'
import { Adam, AdamW, type OptimizerStateDict, SGD } from '../../ts/optim/index.js'
import { tensor } from '../../ts/tensor/create.js'
import type { FloatDType } from '../../ts/tensor/dtype.js'
import type { Tensor } from '../../ts/tensor/tensor.js'
import { eachBackend } from '../support/each-backend.js'

function parameter(values: number[], dtype: FloatDType = 'float64'): Parameter {
  return new Parameter(tensor(values, { dtype }))
}

function setGrad(target: Parameter, values: number[]): void {
  target.grad = tensor(values, { dtype: target.dtype })
}

function values(target: Tensor): number[] {
  return Array.from(target.data)
}

describe('optimizers', () => {
  eachBackend(() => {
    it('SGD on a constant gradient with momentum: the sum of a geometric series', () => {
      const p = parameter([1, -2])
      const optimizer = new SGD([p], { lr: 0.5, momentum: 0.5 })
      for (let step = 0; step < 8; step++) {
        setGrad(p, [1, 2])
        optimizer.step()
      }
      // b after step t is 2 (1 - 2^-t); all are exact in binary
      let sum = 0
      for (let t = 1; t <= 8; t++) sum += 2 * (1 - 2 ** -t)
      expect(values(p)).to.deep.equal([1 - 0.5 * sum, -2 - sum])
    })

    it('Adam on a constant gradient moves by lr a step, whatever its size', () => {
      const p = parameter([0, 0])
      const optimizer = new Adam([p], { lr: 0.01, eps: 0 })
      for (let step = 0; step < 10; step++) {
        setGrad(p, [1e-3, -1e3])
        optimizer.step()
      }
      // 10 steps of about 10 roundings each, relative to 0.1
      expect(p.data[0]).to.be.closeTo(-0.1, 100 * 0.1 * 2 ** -53)
      expect(p.data[1]).to.be.closeTo(0.1, 100 * 0.1 * 2 ** -53)
    })

    it('Adam without bias correction starts with (1 - beta1) / sqrt(1 - beta2) of a step', () => {
      const p = parameter([1])
      const optimizer = new Adam([p], {
        lr: 0.25,
        eps: 0,
        betas: [0.5, 0.75],
        biasCorrection: false,
      })
      setGrad(p, [3])
      optimizer.step()
      // m = 1.5, v = 9/4, m / sqrt(v) = 1
      expect(values(p)).to.deep.equal([0.75])
    })

    it('AdamW decays weights also where the gradient is 0, Adam with eps does not move them', () => {
      const decayed = parameter([8])
      const plain = parameter([8])
      const adamw = new AdamW([decayed], { lr: 0.5, weightDecay: 0.25 })
      const adam = new Adam([plain], { lr: 0.5 })
      setGrad(decayed, [0])
      setGrad(plain, [0])
      adamw.step()
      adam.step()
      expect(values(decayed)).to.deep.equal([7])
      expect(values(plain)).to.deep.equal([8])
    })

    it('skips parameters without a gradient: value, state and step count stay', () => {
      const [a, b] = [parameter([1]), parameter([1])]
      const optimizer = new Adam([a, b], { lr: 0.5, weightDecay: 0.5 })
      setGrad(a, [1])
      optimizer.step()
      expect(values(b)).to.deep.equal([1])
      expect(Object.keys(optimizer.stateDict().state)).to.deep.equal(['0'])
      setGrad(b, [1])
      optimizer.step()
      const { state } = optimizer.stateDict()
      expect((state[0]!['step'] as Tensor).item()).to.equal(2)
      expect((state[1]!['step'] as Tensor).item()).to.equal(1)
    })

    it('zeroGrad forgets gradients, so that the next step changes nothing', () => {
      const p = parameter([1])
      const optimizer = new SGD([p], { lr: 1 })
      setGrad(p, [1])
      optimizer.zeroGrad()
      expect(p.grad).to.equal(null)
      optimizer.step()
      expect(values(p)).to.deep.equal([1])
    })

    it('takes parameters of both dtypes in one group', () => {
      const [a, b] = [parameter([1], 'float32'), parameter([1], 'float64')]
      const optimizer = new SGD([a, b], { lr: 0.25, momentum: 0.5 })
      for (const p of [a, b]) setGrad(p, [1])
      optimizer.step()
      optimizer.step()
      expect([a.data[0], b.data[0]]).to.deep.equal([0.375, 0.375])
      const { state } = optimizer.stateDict()
      expect((state[0]!['momentum_buffer'] as Tensor).dtype).to.equal('float32')
      expect((state[1]!['momentum_buffer'] as Tensor).dtype).to.equal('float64')
    })

    it('adds a group while training, with the options of the optimizer as defaults', () => {
      const [a, b] = [parameter([1]), parameter([1])]
      const optimizer = new SGD([a], { lr: 0.5, momentum: 0.5 })
      setGrad(a, [1])
      optimizer.step()
      optimizer.addParamGroup({ params: b, lr: 0.125 })
      expect(optimizer.paramGroups[1]!.momentum).to.equal(0.5)
      setGrad(b, [1])
      optimizer.step()
      expect(values(a)).to.deep.equal([1 - 0.5 - 0.75])
      expect(values(b)).to.deep.equal([1 - 0.125])
    })

    it('uses a learning rate set between steps', () => {
      const p = parameter([1])
      const optimizer = new SGD([p], { lr: 0.5 })
      setGrad(p, [1])
      optimizer.step()
      optimizer.paramGroups[0]!.lr = 0.125
      optimizer.step()
      expect(values(p)).to.deep.equal([0.375])
    })

    it('starts the momentum afresh when it is switched on later', () => {
      const p = parameter([0])
      const optimizer = new SGD([p], { lr: 1, dampening: 0.5 })
      setGrad(p, [1])
      optimizer.step()
      optimizer.paramGroups[0]!.momentum = 0.5
      optimizer.step() // b = 1, as on a first step
      optimizer.step() // b = 0.5 * 1 + 0.5 * 1
      expect(values(p)).to.deep.equal([-3])
    })

    it('keeps the moments when AMSGrad is switched on later', () => {
      const p = parameter([0])
      const optimizer = new Adam([p], { lr: 0.5 })
      setGrad(p, [1])
      optimizer.step()
      const before = values(optimizer.stateDict().state[0]!['exp_avg'] as Tensor)
      optimizer.paramGroups[0]!.amsgrad = true
      const { state } = optimizer.stateDict()
      expect(values(state[0]!['exp_avg'] as Tensor)).to.deep.equal(before)
      expect(values(state[0]!['max_exp_avg_sq'] as Tensor)).to.deep.equal([0])
    })
  })
})

describe('optimizer state dicts', () => {
  function trained(steps: number): { p: Parameter[]; optimizer: Adam; step: (n: number) => void } {
    const p = [parameter([1, 2, 3]), parameter([4])]
    const optimizer = new Adam([{ params: [p[0]!], lr: 0.25 }, { params: [p[1]!] }], { lr: 0.125 })
    const step = (n: number): void => {
      setGrad(p[0]!, [n, -1, 2])
      setGrad(p[1]!, [n % 3])
      optimizer.step()
    }
    for (let n = 1; n <= steps; n++) step(n)
    return { p, optimizer, step }
  }

  eachBackend(() => {
    it('has the structure of PyTorch', () => {
      const { optimizer } = trained(3)
      const { state, param_groups: groups } = optimizer.stateDict()
      expect(Object.keys(state[0]!)).to.deep.equal(['step', 'exp_avg', 'exp_avg_sq'])
      expect((state[0]!['step'] as Tensor).shape).to.deep.equal([])
      expect((state[0]!['step'] as Tensor).item()).to.equal(3)
      expect((state[0]!['exp_avg'] as Tensor).shape).to.deep.equal([3])
      expect(groups[0]).to.deep.equal({
        lr: 0.25,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weight_decay: 0,
        amsgrad: false,
        maximize: false,
        bias_correction: true,
        params: [0],
      })
      expect(groups[1]!.params).to.deep.equal([1])
    })

    it('continues from a loaded state as if never stopped, bit for bit', () => {
      const straight = trained(9)
      const first = trained(4)
      const second = trained(0)
      second.p.forEach((target, i) => {
        target.data.set(first.p[i]!.data)
      })
      second.optimizer.loadStateDict(first.optimizer.stateDict())
      for (let n = 5; n <= 9; n++) second.step(n)
      expect(second.p.map(values)).to.deep.equal(straight.p.map(values))
    })

    it('is a copy: later steps do not change it', () => {
      const { optimizer, step } = trained(2)
      const dict = optimizer.stateDict()
      const before = values(dict.state[0]!['exp_avg'] as Tensor)
      step(3)
      expect(values(dict.state[0]!['exp_avg'] as Tensor)).to.deep.equal(before)
    })

    it('forgets the state of parameters that the dict has none for', () => {
      const { optimizer } = trained(2)
      optimizer.loadStateDict(trained(0).optimizer.stateDict())
      expect(optimizer.stateDict().state).to.deep.equal({})
    })

    it('reads what PyTorch adds: None buffers, unknown options, a step that is a number', () => {
      const p = parameter([1])
      const sgd = new SGD([p], { lr: 1, momentum: 0.5 })
      const group = { lr: 0.5, momentum: 0.25, foreach: null, params: [0] }
      sgd.loadStateDict({ state: { 0: { momentum_buffer: null } }, param_groups: [group] })
      expect(sgd.paramGroups[0]).to.include({ lr: 0.5, momentum: 0.25, nesterov: false })
      const adam = new Adam([p])
      const moment = tensor([0.5], { dtype: 'float32' })
      const entry = { step: 7, exp_avg: moment, exp_avg_sq: moment }
      adam.loadStateDict({ state: { 0: entry }, param_groups: [{ params: [0] }] })
      const { state } = adam.stateDict()
      expect((state[0]!['step'] as Tensor).item()).to.equal(7)
      expect(values(state[0]!['exp_avg_sq'] as Tensor)).to.deep.equal([0.5])
    })
  })

  describe('that do not fit are refused and change nothing', () => {
    type Spoil = (dict: OptimizerStateDict) => unknown
    const cases: [string, Spoil, typeof ValueError | typeof ShapeError, string][] = [
      ['no dict', () => undefined, ValueError, 'state and param_groups'],
      ['null state', (dict) => ({ ...dict, state: null }), ValueError, 'state and param_groups'],
      [
        'fewer groups',
        (dict) => dict.param_groups.pop(),
        ValueError,
        'number of groups to be 2, got 1',
      ],
      [
        'fewer parameters',
        (dict) => dict.param_groups[1]!.params.pop(),
        ValueError,
        'group 1 to be 1, got 0',
      ],
      [
        'a bad option',
        (dict) => (dict.param_groups[1]!['lr'] = NaN),
        ValueError,
        'group 1: expected lr',
      ],
      [
        'a missing array',
        (dict) => delete dict.state[1]!['exp_avg'],
        ValueError,
        'exp_avg of state 1',
      ],
      [
        'a foreign array',
        (dict) => (dict.state[1]!['momentum_buffer'] = tensor([1])),
        ValueError,
        'momentum_buffer; it is of another optimizer',
      ],
      [
        'another shape',
        (dict) => (dict.state[1]!['exp_avg'] = tensor([1, 2])),
        ShapeError,
        'shape (1), got shape (2)',
      ],
      [
        'another dtype',
        (dict) => (dict.state[1]!['exp_avg'] = tensor([1], { dtype: 'int32' })),
        DTypeError,
        'got int32',
      ],
      ['a negative step', (dict) => (dict.state[1]!['step'] = -1), ValueError, 'step of state 1'],
    ]
    for (const [title, spoil, error, message] of cases) {
      it(title, () => {
        const { optimizer } = trained(3)
        const before = optimizer.stateDict()
        const dict = trained(5).optimizer.stateDict()
        dict.param_groups[0]!['lr'] = 0.75
        const result = spoil(dict)
        const given = title === 'no dict' || title === 'null state' ? result : dict
        expect(() => {
          optimizer.loadStateDict(given as OptimizerStateDict)
        }).to.throw(error, message)
        const after = optimizer.stateDict()
        expect(after.param_groups).to.deep.equal(before.param_groups)
        expect(values(after.state[0]!['exp_avg'] as Tensor)).to.deep.equal(
          values(before.state[0]!['exp_avg'] as Tensor),
        )
      })
    }
  })
})

describe('optimizer options and parameters out of order', () => {
  const make = (options: object) => () => new SGD([parameter([1])], options)
  const adam = (options: object) => () => new Adam([parameter([1])], options)

  const refused: [string, () => unknown, string][] = [
    [
      'a NaN lr',
      make({ lr: NaN }),
      'SGD: parameter group 0: expected lr to be a finite number of at least 0, got NaN',
    ],
    ['a negative lr', make({ lr: -1 }), 'got -1'],
    ['an infinite lr', make({ lr: Infinity }), 'got Infinity'],
    ['an lr that is no number', make({ lr: '0.1' }), 'got 0.1'],
    ['a negative momentum', make({ momentum: -0.1 }), 'expected momentum'],
    ['a NaN dampening', make({ dampening: NaN }), 'expected dampening'],
    ['a negative weight decay', make({ weightDecay: -1 }), 'expected weightDecay'],
    ['Nesterov without momentum', make({ nesterov: true }), 'nesterov needs momentum > 0'],
    [
      'Nesterov with dampening',
      make({ nesterov: true, momentum: 0.9, dampening: 0.1 }),
      'dampening 0.1',
    ],
    ['a flag that is none', make({ maximize: 1 }), 'expected maximize to be true or false, got 1'],
    [
      'an unknown option',
      make({ learningRate: 1 }),
      'unknown option learningRate; the options are lr, momentum',
    ],
    [
      'beta1 of 1',
      adam({ betas: [1, 0.9] }),
      'expected betas to be two numbers in [0, 1), got [1, 0.9]',
    ],
    ['a NaN beta2', adam({ betas: [0.9, NaN] }), 'got [0.9, NaN]'],
    ['one beta', adam({ betas: [0.9] }), 'got [0.9]'],
    ['a negative eps', adam({ eps: -1e-8 }), 'expected eps'],
    ['no parameters', () => new SGD([]), 'an empty list; pass model.parameters()'],
    ['something else', () => new SGD(5 as never), 'got number'],
    ['a tensor', () => new SGD([tensor([1])] as never), 'item 0 to be a Parameter'],
  ]
  for (const [title, build, message] of refused) {
    it(`refuses ${title}`, () => {
      expect(build).to.throw(ValueError, message)
    })
  }

  it('refuses a parameter given twice, in one group or in two', () => {
    const p = parameter([1])
    expect(() => new SGD([p, p])).to.throw(
      ValueError,
      'parameter 1 Parameter(1) float64 is there already',
    )
    expect(() => new SGD([{ params: [p] }, { params: p }])).to.throw(
      ValueError,
      'group 1: parameter 0',
    )
    const optimizer = new SGD([p])
    expect(() => {
      optimizer.addParamGroup({ params: p })
    }).to.throw(ValueError, 'is there already')
    expect(optimizer.paramGroups).to.have.length(1)
  })

  it('names the group of a bad option, by its name too', () => {
    const build = (): SGD =>
      new SGD([{ params: parameter([1]) }, { params: parameter([1]), name: 'head', lr: -2 }])
    expect(build).to.throw(ValueError, 'SGD: parameter group 1 (head): expected lr')
  })

  it('checks options when they are set, and keeps the old value', () => {
    const optimizer = new SGD([parameter([1])], { lr: 0.5, momentum: 0.9, nesterov: true })
    const group = optimizer.paramGroups[0]!
    expect(() => (group.lr = NaN)).to.throw(ValueError, 'expected lr')
    expect(() => (group.momentum = 0)).to.throw(ValueError, 'nesterov needs momentum')
    expect(() => ((group as { rate?: number }).rate = 1)).to.throw(TypeError)
    expect(group).to.include({ lr: 0.5, momentum: 0.9, nesterov: true })
  })

  it('refuses to step over a parameter whose dtype was changed', () => {
    const p = parameter([1], 'float32')
    const optimizer = new SGD([p])
    p.adopt(p.to('float64'))
    setGrad(p, [1])
    expect(() => {
      optimizer.step()
    }).to.throw(DTypeError, 'make the optimizer after module.to()')
  })
})
