import { expect } from 'chai'

import { NotFiniteError, ValueError } from '../../ts/errors.js'
import { minimize } from '../../ts/optim/index.js'

const square = (x: number): number => x * x
const slope = (x: number): number => 2 * x

describe('minimize', () => {
  it('takes the steps of gradient descent, and not the one that is short enough', () => {
    // x halves at each step; from 1 / 4 the step of 1 / 8 is short enough
    const { x, value, steps, converged, history } = minimize(square, slope, 1, {
      lr: 0.25,
      tolerance: 0.125,
    })
    expect({ x, value, steps, converged }).to.deep.equal({
      x: 0.25,
      value: 0.0625,
      steps: 2,
      converged: true,
    })
    expect(history).to.deep.equal([
      { x: 1, value: 1 },
      { x: 0.5, value: 0.25 },
      { x: 0.25, value: 0.0625 },
    ])
  })

  it('keeps a part of the last step with momentum', () => {
    const { history, converged } = minimize(square, slope, 1, {
      lr: 0.25,
      momentum: 0.5,
      maxSteps: 2,
    })
    // v: -1/2, then -1/4 - 1/4
    expect(history.map(({ x }) => x)).to.deep.equal([1, 0.5, 0])
    expect(converged).to.equal(false)
  })

  it('takes several numbers, in any kind of list; a step is as long as its vector', () => {
    for (const x0 of [[3, 4], Float32Array.of(3, 4)]) {
      const start = Array.from(x0)
      const options = { lr: 0.25, tolerance: 1.25 }
      const seen: unknown[] = []
      const result = minimize(
        (x) => {
          seen.push(x)
          return x[0]! ** 2 + x[1]! ** 2
        },
        (x) => x.map((value) => 2 * value),
        x0,
        options,
      )
      // steps of 5 / 2, then 5 / 4, which is short enough
      expect(Array.from(result.x)).to.deep.equal([1.5, 2])
      expect(result.steps).to.equal(1)
      expect(seen[0]).to.be.instanceOf(Float64Array)
      expect(Array.from(x0)).to.deep.equal(start)
    }
  })

  it('lets the functions do with their arguments what they like', () => {
    const spoil = (x: Float64Array): number => {
      const value = x[0]! ** 2
      x.fill(7)
      return value
    }
    const result = minimize(spoil, (x) => [2 * x[0]!], [1], { lr: 0.25, maxSteps: 2 })
    expect(Array.from(result.x)).to.deep.equal([0.25])
  })

  it('says so when the steps run out, and takes none at a minimum or when there are none', () => {
    expect(minimize(square, slope, 1, { maxSteps: 5 })).to.include({ steps: 5, converged: false })
    expect(minimize(square, slope, 1, { maxSteps: 0 })).to.include({ x: 1, steps: 0 })
    expect(minimize(square, slope, 0, { tolerance: 0 })).to.include({ steps: 0, converged: true })
  })

  it('thins out a long history evenly, and keeps its ends', () => {
    const line = (x: number): number => -x
    const { history, steps } = minimize(line, () => -1, 0, { lr: 1, maxSteps: 25_001 })
    expect(steps).to.equal(25_001)
    expect(history.length).to.be.within(5_000, 10_001)
    const xs = history.map(({ x }) => x)
    expect([xs[0], xs.at(-1)]).to.deep.equal([0, 25_001])
    expect(new Set(xs.slice(1, -1).map((x, i) => x - xs[i]!))).to.deep.equal(new Set([4]))
  })

  it('stops for a signal', () => {
    const controller = new AbortController()
    let calls = 0
    const count = (x: number): number => {
      if (++calls === 3) controller.abort()
      return square(x)
    }
    expect(() => minimize(count, slope, 1, { signal: controller.signal }))
      .to.throw()
      .with.property('name', 'AbortError')
    expect(calls).to.equal(3)
  })

  it('names the step at which numbers ran away', () => {
    expect(() => minimize(square, slope, 1, { lr: 1e200 })).to.throw(
      NotFiniteError,
      'minimize: the value is Infinity after 1 steps; a smaller lr may help',
    )
    expect(() => minimize(square, () => NaN, 1)).to.throw(
      NotFiniteError,
      'the gradient is NaN after 0 steps',
    )
    expect(() =>
      minimize(
        () => 0,
        () => -1e308,
        1e308,
        { lr: 1 },
      ),
    ).to.throw(NotFiniteError, 'the next point is Infinity')
  })

  const given = (options: object) => () => minimize(square, slope, 1, options)
  const refused: [string, () => unknown, string][] = [
    ['an lr of 0', given({ lr: 0 }), 'minimize: expected lr to be a finite number above 0, got 0'],
    ['a NaN lr', given({ lr: NaN }), 'got NaN'],
    ['an infinite lr', given({ lr: Infinity }), 'got Infinity'],
    [
      'a momentum of 1',
      given({ momentum: 1 }),
      'expected momentum to be a number in [0, 1), got 1',
    ],
    ['a negative tolerance', given({ tolerance: -1 }), 'expected tolerance'],
    ['half a step', given({ maxSteps: 0.5 }), 'expected maxSteps to be a whole number'],
    ['an infinite x0', () => minimize(square, slope, Infinity), 'expected x0'],
    ['an x0 of text', () => minimize(square, slope, 'x' as never), 'expected x0'],
    ['no function', () => minimize(1 as never, slope, 1), 'expected fn to be a function, got 1'],
    ['no gradient', () => minimize(square, null as never, 1), 'expected gradient'],
    ['a value that is none', () => minimize(() => 'a' as never, slope, 1), 'got string'],
    [
      'a gradient of another length',
      () =>
        minimize(
          () => 0,
          () => [1, 2, 3],
          [1, 2],
        ),
      'expected gradient to be a function to 2 numbers, got 3',
    ],
    [
      'a gradient of nothing',
      () =>
        minimize(
          () => 0,
          () => undefined as never,
          [1],
        ),
      'got none',
    ],
  ]
  for (const [title, run, message] of refused) {
    it(`refuses ${title}`, () => {
      expect(run).to.throw(ValueError, message)
    })
  }
})
