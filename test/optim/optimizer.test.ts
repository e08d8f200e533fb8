import { expect } from 'chai'
import { DTypeError, ShapeError, ValueError } from '../../ts/errors.js'
import { Parameter } from '../../ts/nn/parameter.js'
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  NAdam,
  type Optimizer,
  type OptimizerParams,
  type OptimizerStateDict,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from '../../ts/optim/index.js'
import { tensor } from '../../ts/tensor/create.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
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

/** Every optimizer with options that make it keep all of its state, and PyTorch's names of that. */
const all: readonly [
  name: string,
  make: (params: Parameter[]) => Optimizer<{ lr: number; maximize: boolean }>,
  state: string[],
][] = [
  [
    'SGD',
    (params) => new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
    ['momentum_buffer'],
  ],
  [
    'Adam',
    (params) => new Adam(params, { lr: 0.1, amsgrad: true }),
    ['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'],
  ],
  ['AdamW', (params) => new AdamW(params), ['step', 'exp_avg', 'exp_avg_sq']],
  [
    'Adagrad',
    (params) => new Adagrad(params, { initialAccumulatorValue: 0.5, lrDecay: 0.1 }),
    ['step', 'sum'],
  ],
  ['RMSprop', (params) => new RMSprop(params), ['step', 'square_avg']],
  [
    'RMSprop with momentum',
    (params) => new RMSprop(params, { momentum: 0.5 }),
    ['step', 'square_avg', 'momentum_buffer'],
  ],
  [
    'RMSprop, centered',
    (params) => new RMSprop(params, { centered: true, alpha: 0.5, eps: 0.1 }),
    ['step', 'square_avg', 'grad_avg'],
  ],
  ['Adadelta', (params) => new Adadelta(params), ['step', 'square_avg', 'acc_delta']],
  ['Adamax', (params) => new Adamax(params), ['step', 'exp_avg', 'exp_inf']],
  [
    'NAdam',
    (params) => new NAdam(params, { momentumDecay: 0.2 }),
    ['step', 'mu_product', 'exp_avg', 'exp_avg_sq'],
  ],
  ['RAdam', (params) => new RAdam(params), ['step', 'exp_avg', 'exp_avg_sq']],
  ['Rprop', (params) => new Rprop(params), ['step', 'prev', 'step_size']],
  ['Lion', (params) => new Lion(params, { weightDecay: 0.1 }), ['exp_avg']],
]

describe('every optimizer', () => {
  eachBackend(() => {
    for (const [name, make, keys] of all) {
      const start = () => {
        const params = [parameter([1, -2, 3]), parameter([0.5], 'float32')]
        return { params, optimizer: make(params) }
      }
      const step = ({ params, optimizer }: ReturnType<typeof start>, n: number): void => {
        params[0]!.grad = tensor([n % 3, -0.5, 0.25], { dtype: 'float64' })
        params[1]!.grad = n % 2 === 0 ? null : tensor([n % 5])
        optimizer.step()
      }

      it(`${name} keeps PyTorch's state and goes on from it bit for bit`, () => {
        const [straight, first, second] = [start(), start(), start()]
        for (let n = 1; n <= 9; n++) step(straight, n)
        for (let n = 1; n <= 4; n++) step(first, n)
        second.params.forEach((target, i) => {
          target.data.set(first.params[i]!.data)
        })
        const dict = first.optimizer.stateDict()
        expect(Object.keys(dict.state[0]!)).to.deep.equal(keys)
        expect(Object.keys(dict.state[1]!)).to.deep.equal(keys)
        second.optimizer.loadStateDict(dict)
        expect(second.optimizer.stateDict()).to.deep.equal(dict)
        for (let n = 5; n <= 9; n++) step(second, n)
        expect(second.params.map(values)).to.deep.equal(straight.params.map(values))
        expect(second.optimizer.stateDict()).to.deep.equal(straight.optimizer.stateDict())
      })

      it(`${name} descends, and ascends with maximize`, () => {
        const [down, up] = [start(), start()]
        up.optimizer.paramGroups[0]!.maximize = true
        for (const run of [down, up]) {
          setGrad(run.params[0]!, [1, -1, 2])
          run.optimizer.step()
        }
        ;[1, -2, 3].forEach((before, i) => {
          const direction = Math.sign([1, -1, 2][i]!)
          const [lower, higher] = [down, up].map(({ params }) => direction * params[0]!.data[i]!)
          expect(lower).to.be.below(direction * before)
          expect(higher).to.be.above(lower!)
        })
      })
    }

    it('Adagrad lists parameters that were never updated, as PyTorch does', () => {
      const params = [parameter([1]), parameter([2, 3])]
      const optimizer = new Adagrad(params, { initialAccumulatorValue: 0.25 })
      setGrad(params[0]!, [2])
      optimizer.step()
      const { state } = optimizer.stateDict()
      expect(values(state[0]!['sum'] as Tensor)).to.deep.equal([4.25])
      expect((state[1]!['step'] as Tensor).item()).to.equal(0)
      expect(values(state[1]!['sum'] as Tensor)).to.deep.equal([0.25, 0.25])
    })

    it('the state of RMSprop stays in its place when momentum or centering is switched on', () => {
      const p = parameter([1])
      const optimizer = new RMSprop([p], { alpha: 0.5, centered: true, eps: 1 })
      setGrad(p, [2])
      optimizer.step()
      optimizer.paramGroups[0]!.momentum = 0.5
      const state = optimizer.stateDict().state[0]!
      expect(values(state['grad_avg'] as Tensor)).to.deep.equal([1])
      expect(values(state['momentum_buffer'] as Tensor)).to.deep.equal([0])
      optimizer.paramGroups[0]!.centered = false
      expect(Object.keys(optimizer.stateDict().state[0]!)).to.deep.equal([
        'step',
        'square_avg',
        'momentum_buffer',
      ])
    })

    it('Adagrad goes on from a sum that was loaded before the first step', () => {
      const p = parameter([1])
      const optimizer = new Adagrad([p], { initialAccumulatorValue: 1, lr: 1, eps: 0 })
      const dict = optimizer.stateDict()
      ;(dict.state[0]!['sum'] as Tensor).data.fill(12)
      optimizer.loadStateDict(dict)
      setGrad(p, [2])
      optimizer.step()
      expect(values(optimizer.stateDict().state[0]!['sum'] as Tensor)).to.deep.equal([16])
      expect(values(p)).to.deep.equal([0.5])
    })

    it('takes steps of exact halves: Adagrad, RMSprop and Lion by hand', () => {
      const [a, r, l] = [parameter([1]), parameter([1]), parameter([1])]
      const adagrad = new Adagrad([a], { lr: 1, eps: 0 })
      const rmsprop = new RMSprop([r], { lr: 1, alpha: 0.75, eps: 0 })
      const lion = new Lion([l], { lr: 0.25, betas: [0.5, 0.5] })
      for (const grad of [3, 4]) {
        for (const p of [a, r, l]) setGrad(p, [grad])
        for (const optimizer of [adagrad, rmsprop, lion]) optimizer.step()
      }
      expect(values(a)).to.deep.equal([1 - 3 / 3 - 4 / 5])
      // v = 9 / 4, then 27 / 16 + 4
      const second = 4 / Math.sqrt(27 / 16 + 4)
      expect(r.data[0]).to.be.closeTo(1 - 3 / 1.5 - second, 8 * 2 ** -53)
      expect(values(l)).to.deep.equal([0.5])
    })

    it('eps 0 and a gradient that was always 0 make NaN, as in PyTorch', () => {
      for (const make of [
        (p: Parameter) => new Adam([p], { eps: 0 }),
        (p: Parameter) => new Adagrad([p], { eps: 0 }),
        (p: Parameter) => new RMSprop([p], { eps: 0 }),
      ]) {
        const p = parameter([1, 1])
        const optimizer = make(p)
        setGrad(p, [0, 1])
        optimizer.step()
        expect(p.data[0]).to.be.NaN
        expect(p.data[1]).to.be.below(1)
      }
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

  it('refuse a product of NAdam that is no finite number', () => {
    const p = parameter([1])
    const optimizer = new NAdam([p])
    setGrad(p, [1])
    optimizer.step()
    const dict = optimizer.stateDict()
    expect((dict.state[0]!['mu_product'] as Tensor).dtype).to.equal('float64')
    for (const bad of [NaN, tensor([1, 2]), null]) {
      dict.state[0]!['mu_product'] = bad
      expect(() => {
        optimizer.loadStateDict(dict)
      }).to.throw(ValueError, 'mu_product of state 0 to be a finite number')
    }
    dict.state[0]!['mu_product'] = 0.5
    optimizer.loadStateDict(dict)
    expect((optimizer.stateDict().state[0]!['mu_product'] as Tensor).item()).to.equal(0.5)
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
  const other =
    (kind: new (params: OptimizerParams<never>, options: object) => unknown, options: object) =>
    () =>
      new kind([parameter([1])], options)

  const refused: [string, () => unknown, string][] = [
    [
      'a NaN lr',
      make({ lr: NaN }),
      'SGD: parameter group 0: expected lr to be a finite number of at least 0, got NaN',
    ],
    ['a negative lr', make({ lr: -1 }), 'got -1'],
    ['an infinite lr', make({ lr: Infinity }), 'got Infinity'],
    ['an lr that is no number', make({ lr: '0.1' }), "got '0.1'"],
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
    ['an alpha above 1', other(RMSprop, { alpha: 1.5 }), 'alpha to be a number in [0, 1], got 1.5'],
    ['a NaN rho', other(Adadelta, { rho: NaN }), 'Adadelta: parameter group 0: expected rho'],
    ['a negative lrDecay', other(Adagrad, { lrDecay: -1 }), 'expected lrDecay'],
    ['an infinite sum', other(Adagrad, { initialAccumulatorValue: Infinity }), 'got Infinity'],
    ['a negative momentumDecay', other(NAdam, { momentumDecay: -1 }), 'expected momentumDecay'],
    ['a flag of RAdam', other(RAdam, { decoupledWeightDecay: 1 }), 'true or false, got 1'],
    ['betas of Adamax', other(Adamax, { betas: [0.9, 1] }), 'two numbers in [0, 1), got [0.9, 1]'],
    ['an eta of 1', other(Rprop, { etas: [0.5, 1] }), 'one between 0 and 1 and one above 1'],
    ['falling stepSizes', other(Rprop, { stepSizes: [2, 1] }), 'that do not fall, got [2, 1]'],
    ['infinite stepSizes', other(Rprop, { stepSizes: [0, Infinity] }), 'got [0, Infinity]'],
    ['an eps of Lion', other(Lion, { eps: 1 }), 'unknown option eps'],
    ['no parameters', () => new SGD([]), 'an empty list; pass model.parameters()'],
    ['something else', () => new SGD(5 as never), 'got 5'],
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
