import { expect } from 'chai'

import {
  capture,
  CaptureError,
  DTypeError,
  fit,
  lrFind,
  nn,
  noGrad,
  ones,
  optim,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never

function parameter(values: number[], dtype: FloatDType = 'float64'): nn.Parameter {
  return new nn.Parameter(tensor(values, { dtype }))
}

const values = (target: Tensor): number[] => Array.from(target.data)

/** 1/2 sum of (i + 1) (x_i - i)^2 over all elements. */
function bowl(parameters: readonly nn.Parameter[]): () => number {
  return () => {
    let [loss, i] = [0, 0]
    for (const p of parameters) {
      const gradient = Array.from(p.data, (x) => {
        loss += ((i + 1) * (x - i) ** 2) / 2
        return (i + 1) * (x - i++)
      })
      p.grad = tensor(gradient, { dtype: p.dtype })
    }
    return loss
  }
}

/** An optimizer in the middle of its way, and what it works on. */
function halfway(): { params: nn.Parameter[]; optimizer: optim.LBFGS } {
  const params = [parameter([5, -3]), parameter([2])]
  const optimizer = new optim.LBFGS(params, { maxIter: 2, lineSearchFn: 'strong_wolfe' })
  for (let i = 0; i < 2; i++) optimizer.step(bowl(params))
  return { params, optimizer }
}

describe('LBFGS', () => {
  eachBackend(() => {
    it('trains a network by passes that are called by hand', () => {
      const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1))
      let seed = 1
      for (const p of model.parameters()) p.data.forEach((_, i) => (p.data[i] = Math.sin(seed++)))
      const criterion = new nn.MSELoss()
      const x = tensor([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ])
      const y = tensor([[0], [1], [1], [0]])
      const optimizer = new optim.LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' })
      const closure = (): Tensor => {
        optimizer.zeroGrad()
        const prediction = model.forward(x)
        const loss = criterion.forward(prediction, y)
        model.backwardParameters(x, criterion.backward(prediction, y))
        return loss
      }
      const first = optimizer.step(closure)
      for (let i = 0; i < 9; i++) optimizer.step(closure)
      expect(first.item()).to.be.above(0.2)
      expect(closure().item()).to.be.below(1e-6)
    })

    it('takes gradients of loss.backward(), inside of noGrad too', () => {
      const p = parameter([3, -4])
      const optimizer = new optim.LBFGS([p])
      const target = tensor([1, 2], { dtype: 'float64' })
      const closure = (): Tensor => {
        optimizer.zeroGrad()
        const loss = sum(square(sub(p, target)))
        loss.backward()
        return loss
      }
      const loss = noGrad(() => optimizer.step(closure))
      expect(loss.item()).to.equal(40)
      values(p).forEach((x, i) => expect(x).to.be.closeTo(i + 1, 1e-12))
    })

    it('minimises over parameters of both dtypes, one of them without elements', () => {
      const params = [parameter([5, -3], 'float32'), parameter([]), parameter([7, 0.5])]
      const optimizer = new optim.LBFGS(params, { lineSearchFn: 'strong_wolfe' })
      for (let i = 0; i < 3; i++) optimizer.step(bowl(params))
      // The loss, at least x^2 / 2, changes by less than 1e-9.
      params.flatMap(values).forEach((x, i) => expect(x).to.be.closeTo(i, 1e-4))
      expect(params.map(({ dtype }) => dtype)).to.deep.equal(['float32', 'float64', 'float64'])
    })

    it('leaves alone what has no gradient, and all at a minimum', () => {
      const params = [parameter([5, -3]), parameter([9])]
      const optimizer = new optim.LBFGS(params)
      const closure = bowl(params.slice(0, 1))
      optimizer.step(closure)
      expect(values(params[1]!)).to.deep.equal([9])
      params[0]!.data.set([0, 1])
      const before = optimizer.stateDict()
      expect(optimizer.step(closure)).to.equal(0)
      expect(values(params[0]!)).to.deep.equal([0, 1])
      const after = optimizer.stateDict().state[0]!
      expect(after).to.deep.equal({
        ...before.state[0],
        func_evals: (before.state[0]!['func_evals'] as number) + 1,
      })
    })

    it('has live options, which a scheduler may set', () => {
      const p = parameter([8])
      const optimizer = new optim.LBFGS([p], { lr: 1, maxIter: 1 })
      const scheduler = new optim.StepLR(optimizer, { stepSize: 1, gamma: 0.5 })
      const closure = (): number => {
        p.grad = ones([1], { dtype: 'float64' })
        return p.data[0]!
      }
      optimizer.step(closure)
      scheduler.step()
      optimizer.step(closure)
      expect(values(p)).to.deep.equal([8 - 1 - 0.5])
      expect(optimizer.paramGroups[0]).to.include({ lr: 0.5, maxIter: 1, maxEval: 1 })
    })

    it('a closure that throws leaves the last point and the state', () => {
      for (const lineSearchFn of ['strong_wolfe', null] as const) {
        const { params, optimizer } = halfway()
        Object.assign(optimizer.paramGroups[0]!, { lineSearchFn, maxIter: 5, maxEval: 5 })
        const [before, state] = [params.map(values), optimizer.stateDict()]
        const closure = bowl(params)
        let calls = 0
        const failing = (): number => {
          if (calls++ === 1) throw new RangeError('enough')
          return closure()
        }
        expect(() => optimizer.step(failing)).to.throw(RangeError, 'enough')
        // Without a line search the point of the first iteration was taken before its loss was known.
        if (lineSearchFn !== null) expect(params.map(values)).to.deep.equal(before)
        expect(optimizer.stateDict()).to.deep.equal(state)
        optimizer.step(closure)
      }
    })

    it('is refused in a captured step', () => {
      const { params, optimizer } = halfway()
      const closure = bowl(params)
      expect(() =>
        capture(() => {
          optimizer.step(closure)
          return zeros([1])
        }),
      ).to.throw(CaptureError, 'LBFGS.step cannot be part of a captured step')
    })

    it('is refused by fit and lrFind before anything is trained', async () => {
      const model = new nn.Linear(2, 1)
      const before = model.parameters().map(values)
      const optimizer = new optim.LBFGS(model.parameters())
      const criterion = new nn.MSELoss()
      const source = [ones([4, 2]), ones([4, 1])] as const
      for (const train of [fit, lrFind] as ((...args: unknown[]) => Promise<unknown>)[]) {
        const error: unknown = await Promise.resolve()
          .then(() => train(model, source, { criterion, optimizer }))
          .catch((reason: unknown) => reason)
        expect(error).to.be.instanceOf(ValueError)
        expect((error as Error).message).to.match(/LBFGS; call optimizer\.step\(closure\)/)
      }
      expect(model.parameters().map(values)).to.deep.equal(before)
    })

    it('loads what PyTorch keeps: numbers as tensors, and its scratch memory', () => {
      const { params, optimizer } = halfway()
      const dict = optimizer.stateDict()
      const entry = dict.state[0]!
      const scalar = (value: unknown): Tensor => tensor(value as number, { dtype: 'float64' })
      const given = {
        ...entry,
        t: scalar(entry['t']),
        H_diag: scalar(entry['H_diag']),
        ro: (entry['ro'] as number[]).map(scalar),
        al: [null],
      }
      const other = new optim.LBFGS(params)
      other.loadStateDict({ ...dict, state: { 0: wrong(given) } })
      expect(other.stateDict()).to.deep.equal(dict)
    })

    it('refuses parameters that have changed their dtype', () => {
      const { params, optimizer } = halfway()
      for (const p of params) p.adopt(p.to('float32'))
      expect(() => optimizer.step(bowl(params))).to.throw(DTypeError, 'after module.to()')
    })
  })

  const make = (options: object) => () => new optim.LBFGS([parameter([1])], options)
  const refused: readonly [string, () => unknown, RegExp][] = [
    ['a step without a closure', () => halfway().optimizer.step(), /closure to be a function, got/],
    [
      'an async closure',
      () => halfway().optimizer.step(wrong(async () => Promise.resolve(1))),
      /an async one/,
    ],
    [
      'a closure that returns a promise',
      () => halfway().optimizer.step(wrong(() => Promise.resolve(1))),
      /an async one/,
    ],
    ['no loss', () => halfway().optimizer.step(wrong(() => undefined)), /the closure returns.*got/],
    [
      'many losses',
      () => halfway().optimizer.step(() => ones([2])),
      /number or a tensor of one element/,
    ],
    ['another line search', make({ lineSearchFn: 'armijo' }), /'strong_wolfe' or null, got/],
    ['no iterations', make({ maxIter: 0 }), /maxIter.*got 0/],
    ['half an evaluation', make({ maxEval: 1.5 }), /maxEval.*got 1\.5/],
    ['no history', make({ historySize: 0 }), /historySize/],
    ['a negative tolerance', make({ toleranceGrad: -1 }), /toleranceGrad/],
    ['a NaN rate', make({ lr: NaN }), /lr.*got NaN/],
    ['an option of SGD', make({ momentum: 0.9 }), /unknown option momentum/],
    [
      'several groups',
      () => new optim.LBFGS([{ params: parameter([1]) }, { params: parameter([2]) }]),
      /one group, got 2/,
    ],
    [
      'a step over a group that was added',
      () => {
        const { params, optimizer } = halfway()
        optimizer.addParamGroup({ params: parameter([1]) })
        optimizer.step(bowl(params))
      },
      /one group, got 2/,
    ],
  ]
  for (const [name, body, message] of refused) {
    it(`refuses ${name}: ${message.source}`, () => {
      expect(body).to.throw(ValueError, message)
    })
  }

  it('takes one group, with its options', () => {
    const optimizer = new optim.LBFGS([{ params: parameter([1]), lr: 0.5 }], { maxIter: 10 })
    expect(optimizer.paramGroups[0]).to.include({ lr: 0.5, maxIter: 10, maxEval: 12 })
  })

  it('a state dict that does not fit changes nothing', () => {
    const { optimizer } = halfway()
    const good = optimizer.stateDict()
    const entry = good.state[0]!
    const bad: readonly [unknown, new (message: string) => Error, RegExp][] = [
      [null, ValueError, /state and param_groups/],
      [{ state: {} }, ValueError, /state and param_groups/],
      [{ ...good, param_groups: [] }, ValueError, /number of groups/],
      [{ ...good, state: { 0: entry, 1: entry } }, ValueError, /of one parameter, got 2/],
      [with_({ exp_avg: ones([3]) }), ValueError, /exp_avg; it is of another optimizer/],
      [with_({ n_iter: -1 }), ValueError, /n_iter.*got -1/],
      [with_({ d: 5 }), ValueError, /d to be a tensor of shape \(3\), got 5/],
      [with_({ d: ones([2]) }), ShapeError, /shape \(3\), got shape \(2\)/],
      [with_({ d: zeros([3], { dtype: 'int32' }) }), DTypeError, /float32 or float64/],
      [with_({ old_dirs: ones([3]) }), ValueError, /old_dirs to be a list/],
      [with_({ old_stps: [ones([4])] }), ShapeError, /item 0 of old_stps/],
      [with_({ ro: [] }), ValueError, /lengths of old_dirs, old_stps and ro.*1, 1 and 0/],
      [with_({ H_diag: 'x' }), ValueError, /H_diag to be a number/],
      [
        { ...with_({}), param_groups: [{ ...good.param_groups[0]!, max_iter: -1 }] },
        ValueError,
        /maxIter/,
      ],
    ]
    function with_(changes: object): object {
      return { ...good, state: { 0: { ...entry, ...changes } } }
    }
    for (const [dict, kind, message] of bad) {
      expect(() => {
        optimizer.loadStateDict(wrong(dict))
      }, message.source).to.throw(kind, message)
      expect(optimizer.stateDict()).to.deep.equal(good)
    }
  })
})
