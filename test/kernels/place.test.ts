// What is drawn for a part of a batch is what a call for the whole batch draws there, bit for bit, and the state
// afterwards the same.
import { expect } from 'chai'

import { erasing } from '../../ts/kernels/augment.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import type { Kernels } from '../../ts/kernels/kernels.js'
import { ShapeError } from '../../ts/errors.js'
import { backends, suiteTitle, withThreads } from '../support/backends.js'
import { asView, tooBig } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes } from '../support/samples.js'

/** runs, numbers of a run in front of those that are made, these, and those behind them */
const places: readonly (readonly [runs: number, before: number, own: number, after: number])[] = [
  [1, 0, 5, 3],
  [1, 1, 1, 0],
  [1, 2, 2, 1],
  [1, 3, 9, 0],
  [1, 4, 8, 4],
  [1, 7, 300, 2],
  [1, 1, 9001, 5],
  [3, 2, 5, 1],
  [4, 3, 1, 0],
  [5, 0, 7, 6],
  [7, 6, 3001, 9],
  [2, 3, 0, 4],
]

/** The places of the numbers that are made among all. */
const chosen = ([runs, before, own, after]: (typeof places)[number]): number[] =>
  Array.from({ length: runs * own }, (_, i) => {
    return Math.floor(i / own) * (before + own + after) + before + (i % own)
  })

interface Part {
  readonly runs: number
  readonly before: number
  readonly after: number
}

type Draw = (kernels: Kernels, state: TypedArray, n: number, part: Part | null) => TypedArray[]

/**
 * @param draw Draws all numbers, or a part of them; returns vectors of one element a number.
 * @param from The numbers of the whole that its operands are made of.
 */
function expectPlaces(draw: (from: readonly number[]) => Draw): void {
  for (const kernels of backends) {
    for (const threads of kernels.name === 'native' ? [1, 2] : [1]) {
      for (const place of places) {
        const [runs, before, own, after] = place
        const all = runs * (before + own + after)
        if (tooBig(all)) continue
        const from = chosen(place)
        const whole = Int32Array.of(-5, 77, -2, 0)
        const state = whole.slice()
        const run = (): void => {
          const expected = draw(Array.from({ length: all }, (_, i) => i))(kernels, whole, all, null)
          const got = draw(from)(kernels, state, runs * own, { runs, before, after })
          got.forEach((numbers, k) => {
            const what = `${kernels.name} ${place.join()}, result ${k}`
            expect(Array.from(numbers), what).to.deep.equal(from.map((i) => expected[k]![i]))
          })
          expect(state, `state ${place.join()}`).to.deep.equal(whole)
        }
        if (kernels.name === 'native') withThreads(threads, run)
        else run()
      }
    }
  }
}

const pick = (values: TypedArray, from: readonly number[], dtype: FloatDType): TypedArray =>
  arrayOf(
    dtype,
    from.map((i) => values[i]!),
  )

describe(suiteTitle('places of what is drawn'), () => {
  for (const dtype of floatDTypes) {
    const empty = (n: number): TypedArray => arrayOf(dtype, new Float64Array(n))

    it(`${dtype}: uniform and normal`, () => {
      expectPlaces(() => (kernels, state, n, part) => {
        const y = empty(n)
        kernels.uniform({ state: asView(state), y: asView(y), n, low: -1, high: 2, ...part })
        return [y]
      })
      expectPlaces(() => (kernels, state, n, part) => {
        const y = empty(n)
        kernels.normal({ state: asView(state), y: asView(y), n, mean: 1, std: 2, ...part })
        return [y]
      })
    })

    it(`${dtype}: bernoulliEach`, () => {
      const p = bell(dtype, 30_000, 3).map((value) => Math.min(1, Math.abs(value)))
      expectPlaces((from) => (kernels, state, n, part) => {
        const [x, y] = [pick(p, from, dtype), empty(n)]
        kernels.bernoulliEach({ state: asView(state), x: asView(x), y: asView(y), n, ...part })
        return [y]
      })
    })

    it(`${dtype}: dropout of elements and of runs of them`, () => {
      const values = bell(dtype, 30_000, 4)
      for (const inner of [1, 3]) {
        expectPlaces((from) => (kernels, state, n, part) => {
          const x = pick(values, from, dtype)
          const wide = arrayOf(
            dtype,
            Array.from({ length: n * inner }, (_, i) => x[Math.floor(i / inner)]!),
          )
          const [mask, out] = [new Uint8Array(n), empty(n * inner)]
          const operands = { state, x: wide, mask, out }
          const views = Object.fromEntries(
            Object.entries(operands).map(([name, data]) => [name, asView(data)]),
          ) as Record<keyof typeof operands, ReturnType<typeof asView>>
          kernels.dropout({ ...views, n, inner, p: 0.4, scale: 2, ...part })
          return [
            mask,
            ...Array.from({ length: inner }, (_, k) => out.filter((_, i) => i % inner === k)),
          ]
        })
      }
    })
  }

  it('randint', () => {
    expectPlaces(() => (kernels, state, n, part) => {
      const y = new Int32Array(n)
      kernels.randint({ state: asView(state), y: asView(y), n, low: -1000, high: 1000, ...part })
      return [y]
    })
  })

  it('rows of multinomial', () => {
    const [rows, categories] = [9, 7]
    const x = bell('float32', rows * categories, 5).map(Math.abs)
    for (const kernels of backends) {
      for (const samples of [1, 3, 4]) {
        const draw = (before: number, own: number, after: number) => {
          const state = Int32Array.of(3, 5, -2, 0)
          const y = new Int32Array(own * samples)
          const some = x.slice(before * categories, (before + own) * categories)
          const sizes = { rows: own, categories, samples, before, after, replacement: false }
          kernels.multinomial({ state: asView(state), x: asView(some), y: asView(y), ...sizes })
          return { state, y }
        }
        const whole = draw(0, rows, 0)
        for (const [before, own] of [
          [0, 4],
          [3, 5],
          [8, 1],
        ] as const) {
          const part = draw(before, own, rows - before - own)
          expect(part.state).to.deep.equal(whole.state)
          expect(part.y).to.deep.equal(whole.y.slice(before * samples, (before + own) * samples))
        }
      }
    }
  })

  it('samples of augment', () => {
    const sizes = { channels: 1, inHeight: 6, inWidth: 5, outHeight: 4, outWidth: 5 }
    const settings = { padHeight: 1, padWidth: 2, flip: 0.5, erase: 0.6, fill: -2, value: 3 }
    const x = bell('float32', 11 * 30, 5)
    for (const kernels of backends) {
      const draw = (before: number, samples: number, after: number) => {
        const state = Int32Array.of(3, 5, -3, 0)
        const [drawn, out] = [new Int32Array(samples * 7), new Float32Array(samples * 20)]
        kernels.augment({
          ...{ state: asView(state), x: asView(x.slice(before * 30)) },
          ...{ drawn: asView(drawn), out: asView(out), geometry: { samples, ...sizes } },
          ...{ ...settings, ...erasing([0.1, 0.5], [0.5, 2]), before, after },
        })
        return { state, out }
      }
      const whole = draw(0, 11, 0)
      const part = draw(3, 5, 3)
      expect(part.state).to.deep.equal(whole.state)
      expect(part.out).to.deep.equal(whole.out.slice(60, 160))
    }
  })

  it('samples of attention and of its gradient', () => {
    const [batch, heads, rows, keys, width] = [5, 2, 3, 5, 4]
    const values = [1, 2, 3, 4].map((seed) => bell('float64', batch * heads * keys * width, seed))
    for (const kernels of backends) {
      const draw = (before: number, own: number, after: number) => {
        const state = Int32Array.of(3, 5, -2, 0)
        const then = state.slice()
        const each = [rows, keys, keys, rows].map((n) => n * heads * width)
        const [q, k, v, gradOut] = values.map((all, i) =>
          asView(all.slice(before * each[i]!, (before + own) * each[i]!)),
        ) as [V, V, V, V]
        const [out, gradQ, gradK, gradV] = [0, 0, 1, 2].map((i) =>
          asView(new Float64Array(own * each[i]!)),
        ) as [V, V, V, V]
        const logSum = asView(new Float64Array(own * heads * rows))
        const shape = {
          ...{ batch: own, heads, kvHeads: heads, rows, keys, width, valueWidth: width, past: 0 },
          ...{ qBatch: each[0]!, qHead: rows * width, qRow: width },
          ...{ kBatch: each[1]!, kHead: keys * width, kRow: width },
          ...{ vBatch: each[1]!, vHead: keys * width, vRow: width },
          ...{ outBatch: each[0]!, outHead: rows * width, outRow: width },
          ...{ maskBatch: 0, maskHead: 0, maskRow: 0, paddingBatch: 0, before, after },
        }
        const common = {
          ...{ q, k, v, mask: null, padding: null, logSum, out, shape },
          ...{ scale: 0.5, causal: false, blocked: false, p: 0.4 },
        }
        kernels.attention({ ...common, state: asView(state) })
        kernels.attentionGradient({
          ...{ ...common, state: asView(then), gradOut, gradQ, gradK, gradV },
          ...{ qOffset: 0, kOffset: 0, vOffset: 0, byQ: true, byK: true, byV: true },
        })
        return { state, results: [out, gradQ, gradK, gradV].map(({ data }) => data), each }
      }
      const whole = draw(0, batch, 0)
      for (const [before, own] of [
        [0, 2],
        [1, 3],
        [4, 1],
      ] as const) {
        const part = draw(before, own, batch - before - own)
        expect(part.state).to.deep.equal(whole.state)
        part.results.forEach((data, i) => {
          const each = data.length / own
          const expected = whole.results[i]!.slice(before * each, (before + own) * each)
          // Sums of some products around 1, in an order that depends on the number of samples.
          data.forEach((value, at) => {
            expect(value, `result ${i} at ${at}`).to.be.closeTo(expected[at]!, 1e-13)
          })
        })
      }
    }
  })

  it('that make no sense are refused, and nothing is drawn', () => {
    for (const kernels of backends) {
      for (const part of [
        { runs: 4, before: 0, after: 0 },
        { runs: 0, before: 0, after: 0 },
        { runs: 1, before: -1, after: 1 },
        { runs: 3, before: 0, after: -1 },
        { runs: 2, before: 2 ** 53, after: 0 },
      ]) {
        const [state, y] = [Int32Array.of(1, 2, 3, 4), new Float32Array(6)]
        expect(() => {
          kernels.uniform({ state: asView(state), y: asView(y), n: 6, low: 1, high: 2, ...part })
        }, JSON.stringify(part)).to.throw(ShapeError)
        expect(state).to.deep.equal(Int32Array.of(1, 2, 3, 4))
        expect(y).to.deep.equal(new Float32Array(6))
      }
    }
  })
})

type V = ReturnType<typeof asView>
