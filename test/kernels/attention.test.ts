import { expect } from 'chai'

import type { AttentionShape } from '../../ts/kernels/attention.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { reference } from '../../ts/kernels/reference/index.js'
import { backends, suiteTitle } from '../support/backends.js'
import { type ArrayView, asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, whole } from '../support/samples.js'
import { bothSides, roundoff } from '../support/tolerance.js'

interface Settings {
  readonly batch: number
  readonly heads: number
  readonly kvHeads: number
  readonly rows: number
  readonly keys: number
  readonly width: number
  readonly valueWidth: number
  readonly past: number
  readonly causal: boolean
  readonly mask: 'none' | 'added' | 'chosen' | 'blocked'
  readonly padding: 'none' | 'added' | 'chosen' | 'blocked'
  /** Every sample and head has a mask of its own. */
  readonly own: boolean
  readonly p: number
}

const plain: Settings = {
  ...{ batch: 1, heads: 1, kvHeads: 1, rows: 1, keys: 1, width: 1, valueWidth: 1, past: 0 },
  ...{ causal: false, mask: 'none', padding: 'none', own: false, p: 0 },
}

/** Around the steps of 24 rows, the blocks of 144 rows and keys, vectors, and few rows. */
const cases: readonly Partial<Settings>[] = [
  {},
  { rows: 0, keys: 3 },
  { rows: 3, keys: 0 },
  { batch: 0, rows: 3, keys: 3 },
  { batch: 2, heads: 3, kvHeads: 3, rows: 5, keys: 7, width: 4, valueWidth: 3 },
  { heads: 4, kvHeads: 2, rows: 25, keys: 33, width: 8, valueWidth: 16, causal: true },
  { heads: 2, kvHeads: 1, rows: 1, keys: 300, width: 16, valueWidth: 16, causal: true, past: 299 },
  { rows: 3, keys: 150, width: 17, valueWidth: 5, mask: 'added', own: true },
  { batch: 2, rows: 65, keys: 65, width: 32, valueWidth: 32, causal: true },
  { rows: 145, keys: 290, width: 7, valueWidth: 9, causal: true },
  { rows: 290, keys: 145, width: 9, valueWidth: 7, causal: true },
  { rows: 30, keys: 170, width: 5, valueWidth: 5, causal: true, past: 140 },
  { batch: 2, heads: 2, kvHeads: 2, rows: 9, keys: 149, width: 6, valueWidth: 6, mask: 'chosen', padding: 'added', own: true },
  { batch: 3, heads: 2, kvHeads: 1, rows: 26, keys: 31, width: 6, valueWidth: 6, mask: 'blocked', padding: 'blocked' },
  { batch: 2, rows: 26, keys: 31, width: 6, valueWidth: 6, padding: 'chosen', causal: true, p: 0.3 },
  { batch: 2, heads: 2, kvHeads: 1, rows: 30, keys: 151, width: 6, valueWidth: 6, mask: 'added', p: 0.5 },
  { rows: 4, keys: 5, width: 2, valueWidth: 2, p: 1 },
] // prettier-ignore

const SCALE = 0.7

interface Laid {
  readonly shape: AttentionShape
  readonly q: TypedArray
  readonly k: TypedArray
  readonly v: TypedArray
  readonly out: number
}

/** Heads in the rows of a matrix each, with gaps behind them; those of k and v alternate. */
function lay(dtype: FloatDType, s: Settings): Laid {
  const { batch, heads, kvHeads, rows, keys, width, valueWidth, past, own } = s
  const [qRow, kvRow] = [heads * width + 1, kvHeads * (width + valueWidth) + 2]
  const kv = bell(dtype, batch * keys * kvRow, 2)
  return {
    shape: {
      ...{ batch, heads, kvHeads, rows, keys, width, valueWidth, past },
      ...{ qBatch: rows * qRow, qHead: width, qRow },
      ...{ kBatch: keys * kvRow, kHead: width + valueWidth, kRow: kvRow },
      ...{ vBatch: keys * kvRow, vHead: width + valueWidth, vRow: kvRow },
      ...{ outBatch: rows * heads * valueWidth, outHead: valueWidth, outRow: heads * valueWidth },
      ...{ maskBatch: own ? heads * rows * keys : 0, maskHead: own ? rows * keys : 0 },
      ...{ maskRow: keys, paddingBatch: keys, before: 0, after: 0 },
    },
    q: bell(dtype, batch * rows * qRow, 1),
    k: kv,
    // one row more, since the first heads of v begin behind those of k
    v: kv.slice(Math.min(width, kv.length)),
    out: batch * rows * heads * valueWidth,
  }
}

function maskOf(
  dtype: FloatDType,
  kind: Settings['mask'],
  length: number,
  seed: number,
): TypedArray {
  if (kind === 'none') return arrayOf(dtype, [])
  if (kind === 'added') {
    // some of -Infinity
    return bell(dtype, length, seed).map((value, i) => (i % 5 === 2 ? -Infinity : value))
  }
  return whole('uint8', length, seed, 0, 2)
}

const unless = (none: boolean, view: ArrayView): ArrayView | null => (none ? null : view)

/** A function of a row that is computed once for each. */
function remembered<R>(of: (b: number, h: number, i: number) => R) {
  const known = new Map<string, R>()
  return (b: number, h: number, i: number): R => {
    const key = `${b} ${h} ${i}`
    const found = known.get(key) ?? of(b, h, i)
    known.set(key, found)
    return found
  }
}

/** Magnitudes that the errors of a row of results are relative to; see each bound. */
function magnitudes(dtype: FloatDType, s: Settings, laid: Laid, masks: [TypedArray, TypedArray]) {
  const { shape, q, k, v } = laid
  const u = roundoff[dtype]
  const at = (view: TypedArray, i: number): number => (view.length === 0 ? 0 : view[i]!)
  const open = (kind: Settings['mask'], value: number): number =>
    kind === 'none' || kind === 'added'
      ? value
      : (value === 0) === (kind === 'blocked')
        ? 0
        : -Infinity
  const { keys, width } = s
  return remembered((b: number, h: number, i: number) => {
    const shared = Math.floor(h / (s.heads / s.kvHeads))
    const scores: number[] = []
    let error = 0
    for (let j = 0; j < keys; j++) {
      let [sum, size] = [0, 0]
      for (let c = 0; c < width; c++) {
        const term =
          q[b * shape.qBatch + h * shape.qHead + i * shape.qRow + c]! *
          k[b * shape.kBatch + shared * shape.kHead + j * shape.kRow + c]!
        sum += term
        size += Math.abs(term)
      }
      const mask = open(
        s.mask,
        at(masks[0], b * shape.maskBatch + h * shape.maskHead + i * keys + j),
      )
      const padding = open(s.padding, at(masks[1], b * keys + j))
      const score = s.causal && j > i + s.past ? -Infinity : SCALE * sum + mask + padding
      scores.push(score)
      if (score === -Infinity) continue
      // width products and their sum, the scale, two masks, and the difference to the largest score
      error = Math.max(
        error,
        (width + 6) * u * SCALE * size +
          4 * u * (Math.abs(mask) + Math.abs(padding) + Math.abs(score)),
      )
    }
    const max = scores.reduce((most, score) => Math.max(most, score), -1e9)
    const total = scores.reduce((sum, score) => sum + Math.exp(score - max), 0)
    const value = (j: number, c: number): number =>
      Math.abs(v[b * shape.vBatch + shared * shape.vHead + j * shape.vRow + c]!)
    return {
      error,
      logSum: max + Math.log(total),
      weights: scores.map((score) => (total === 0 ? 0 : Math.exp(score - max) / total)),
      value,
    }
  })
}

function checkForward(dtype: FloatDType, some: Partial<Settings>): void {
  const s = { ...plain, ...some }
  const laid = lay(dtype, s)
  const { shape } = laid
  const { batch, heads, rows, keys, valueWidth } = s
  const maskLength = (s.own ? batch * heads : 1) * rows * keys
  const masks: [TypedArray, TypedArray] = [
    maskOf(dtype, s.mask, maskLength, 4),
    maskOf(dtype, s.padding, batch * keys, 5),
  ]
  const row = magnitudes(dtype, s, laid, masks)
  const u = roundoff[dtype]
  const kept = s.p < 1 ? 1 / (1 - s.p) : 0
  check({
    title: `attention ${JSON.stringify(some)}`,
    dtype,
    operands: {
      q: laid.q,
      k: laid.k,
      v: laid.v,
      mask: masks[0],
      padding: masks[1],
      state: Int32Array.of(3, 5, -2, 0),
      logSum: bell(dtype, batch * heads * rows, 6),
      out: bell(dtype, laid.out, 7),
    },
    bounds: {
      state: 'exact',
      // twice the error of the scores, keys additions, a logarithm
      logSum: (at) => {
        const i = at % rows
        const head = Math.floor(at / rows)
        const { error, logSum } = row(Math.floor(head / heads), head % heads, i)
        return bothSides(dtype, 2 * error + (keys + 12) * u + 4 * u * Math.abs(logSum))
      },
      // A weight is off by twice the error of its score and of the others, an exponential and the sum
      // of all; then keys products are added.
      out: (at) => {
        const c = at % valueWidth
        const h = Math.floor(at / valueWidth) % heads
        const i = Math.floor(at / valueWidth / heads)
        const { error, weights, value } = row(Math.floor(i / rows), h, i % rows)
        const size = kept * weights.reduce((sum, weight, j) => sum + weight * value(j, c), 0)
        return bothSides(dtype, size * (4 * error + (2 * keys + 20) * u) * 1.01 + 1e-37)
      },
    },
    run: (kernels, v) => {
      kernels.attention({
        ...{ q: v.q, k: v.k, v: v.v, logSum: v.logSum, out: v.out, shape },
        mask: unless(s.mask === 'none', v.mask),
        padding: unless(s.padding === 'none', v.padding),
        state: unless(s.p === 0, v.state),
        ...{ scale: SCALE, causal: s.causal, p: s.p },
        blocked: s.mask === 'blocked' || s.padding === 'blocked',
      })
    },
  })
}

function checkGradients(dtype: FloatDType, some: Partial<Settings>): void {
  const s = { ...plain, ...some }
  const laid = lay(dtype, s)
  const { shape, q, k, v } = laid
  const { batch, heads, kvHeads, rows, keys, width, valueWidth, p } = s
  const masks: [TypedArray, TypedArray] = [
    maskOf(dtype, s.mask, (s.own ? batch * heads : 1) * rows * keys, 4),
    maskOf(dtype, s.padding, batch * keys, 5),
  ]
  const blocked = s.mask === 'blocked' || s.padding === 'blocked'
  const state = Int32Array.of(3, 5, -2, 0)
  const [logSum, out] = [bell(dtype, batch * heads * rows, 6), bell(dtype, laid.out, 7)]
  const settings = { shape, scale: SCALE, causal: s.causal, p, blocked }
  reference.attention({
    ...settings,
    ...{ q: asView(q), k: asView(k), v: asView(v), logSum: asView(logSum), out: asView(out) },
    mask: unless(s.mask === 'none', asView(masks[0])),
    padding: unless(s.padding === 'none', asView(masks[1])),
    state: unless(p === 0, asView(state.slice())),
  })
  const gradOut = bell(dtype, laid.out, 8)
  const u = roundoff[dtype]
  const kept = p < 1 ? 1 / (1 - p) : 0
  // what each element's terms add up to in size, times how far a term may be off
  const [byQ, byK, byV] = [q, k, v].map(({ length }) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const row = magnitudes(dtype, s, laid, masks)
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const shared = Math.floor(h / (heads / kvHeads))
      for (let i = 0; i < rows; i++) {
        const { error, weights, value } = row(b, h, i)
        const g = b * shape.outBatch + h * shape.outHead + i * shape.outRow
        const grads = Array.from({ length: valueWidth }, (_, c) => Math.abs(gradOut[g + c]!))
        const delta = grads.reduce((sum, grad, c) => sum + grad * Math.abs(out[g + c]!), 0)
        const weightError = 2 * error + 12 * u
        for (let j = 0; j < keys; j++) {
          const d = kept * grads.reduce((sum, grad, c) => sum + grad * value(j, c), 0)
          const size = SCALE * weights[j]! * (d + delta)
          const off = weightError + (valueWidth + 12) * u
          for (let c = 0; c < width; c++) {
            const [atQ, atK] = [
              b * shape.qBatch + h * shape.qHead + i * shape.qRow + c,
              b * shape.kBatch + shared * shape.kHead + j * shape.kRow + c,
            ]
            byQ[atQ]! += size * Math.abs(k[atK]!) * (off + (keys + 8) * u)
            byK[atK]! += size * Math.abs(q[atQ]!) * (off + (rows * heads + 8) * u)
          }
          for (let c = 0; c < valueWidth; c++) {
            const at = b * shape.vBatch + shared * shape.vHead + j * shape.vRow + c
            byV[at]! += kept * weights[j]! * grads[c]! * (weightError + (rows * heads + 8) * u)
          }
        }
      }
    }
  }
  const bound = (sizes: Float64Array) => (at: number) => bothSides(dtype, 1.01 * sizes[at]! + 1e-37)
  check({
    title: `attentionGradient ${JSON.stringify(some)}`,
    dtype,
    operands: {
      ...{ q, k, v, mask: masks[0], padding: masks[1], state, logSum, out, gradOut },
      gradQ: bell(dtype, q.length, 9),
      gradK: bell(dtype, k.length, 10),
      gradV: bell(dtype, v.length, 11),
    },
    bounds: { gradQ: bound(byQ), gradK: bound(byK), gradV: bound(byV) },
    run: (kernels, w) => {
      kernels.attentionGradient({
        ...settings,
        ...{ q: w.q, k: w.k, v: w.v, logSum: w.logSum, out: w.out, gradOut: w.gradOut },
        mask: unless(s.mask === 'none', w.mask),
        padding: unless(s.padding === 'none', w.padding),
        state: unless(p === 0, w.state),
        ...{ gradQ: w.gradQ, gradK: w.gradK, gradV: w.gradV },
        ...{ qOffset: 0, kOffset: 0, vOffset: 0, byQ: true, byK: true, byV: true },
      })
    },
  })
}

describe(suiteTitle('attention'), () => {
  for (const dtype of floatDTypes) {
    it(`${dtype}: forward`, () => {
      for (const some of cases) checkForward(dtype, some)
    })

    it(`${dtype}: gradients`, () => {
      for (const some of cases) checkGradients(dtype, some)
    })
  }

  it('gradients in one tensor are those in three', () => {
    const [rows, heads, width] = [30, 2, 5]
    const step = 3 * heads * width
    const packed = bell('float32', rows * step, 1)
    const [q, k, v] = [0, 10, 20].map((from) => asView(packed.subarray(from)))
    const at = { Batch: 0, Head: width, Row: step }
    const shape: AttentionShape = {
      ...{ batch: 1, heads, kvHeads: heads, rows, keys: rows, width, valueWidth: width, past: 0 },
      ...{ qBatch: at.Batch, qHead: at.Head, qRow: at.Row },
      ...{ kBatch: at.Batch, kHead: at.Head, kRow: at.Row },
      ...{ vBatch: at.Batch, vHead: at.Head, vRow: at.Row },
      ...{ outBatch: 0, outHead: width, outRow: heads * width },
      ...{ maskBatch: 0, maskHead: 0, maskRow: 0, paddingBatch: 0, before: 0, after: 0 },
    }
    const gradOut = asView(bell('float32', rows * heads * width, 2))
    const settings = { shape, scale: 1, causal: true, blocked: false, p: 0 }
    for (const kernels of backends) {
      const out = asView(new Float32Array(rows * heads * width))
      const logSum = asView(new Float32Array(rows * heads))
      const forward = { q: q!, k: k!, v: v!, mask: null, padding: null, state: null, logSum, out }
      kernels.attention({ ...forward, ...settings })
      const [one, byQ, byK, byV] = Array.from({ length: 4 }, () =>
        asView(new Float32Array(rows * step)),
      ) as [ArrayView, ArrayView, ArrayView, ArrayView]
      const all = { ...forward, gradOut, ...settings }
      kernels.attentionGradient({
        ...all,
        ...{ gradQ: one, gradK: null, gradV: null, qOffset: 0, kOffset: 10, vOffset: 20 },
        ...{ byQ: true, byK: true, byV: true },
      })
      kernels.attentionGradient({
        ...all,
        ...{
          gradQ: byQ,
          gradK: byK,
          gradV: byV,
          qOffset: 0,
          kOffset: 0,
          vOffset: 0,
          byQ: true,
          byK: true,
          byV: true,
        },
      })
      one.data.forEach((value, i) => {
        const [row, column] = [Math.floor(i / step), i % step]
        const from = [byQ, byK, byV][Math.floor(column / 10)]!
        expect(value).to.equal(from.data[row * step + (column % 10)])
      })
    }
  })

  it('gradients alone are those together, in memory that nothing else is written to', () => {
    const some = { heads: 2, kvHeads: 1, rows: 5, keys: 7, width: 3, valueWidth: 2, causal: true }
    const s = { ...plain, ...some, past: 2, p: 0.25 }
    const laid = lay('float64', s)
    const { shape } = laid
    const [q, k, v] = [laid.q, laid.k, laid.v].map((x) => asView(x)) as [
      ArrayView,
      ArrayView,
      ArrayView,
    ]
    const gradOut = asView(bell('float64', laid.out, 4))
    const settings = { shape, scale: SCALE, causal: true, blocked: false, p: s.p }
    for (const kernels of backends) {
      const [out, logSum] = [laid.out, s.heads * s.rows].map((n) =>
        asView(new Float64Array(n)),
      ) as [ArrayView, ArrayView]
      const forward = { q, k, v, mask: null, padding: null, logSum, out, ...settings }
      kernels.attention({ ...forward, state: asView(Int32Array.of(3, 5, -2, 0)) })
      const gradients = (byQ: boolean, byK: boolean, byV: boolean) => {
        const into = [laid.q, laid.k, laid.v].map(({ length }) =>
          asView(new Float64Array(length).fill(7)),
        ) as [ArrayView, ArrayView, ArrayView]
        kernels.attentionGradient({
          ...forward,
          ...(byQ || byK ? {} : { v: null, out: null }),
          ...{ state: asView(Int32Array.of(3, 5, -2, 0)), gradOut },
          ...{ gradQ: byQ ? into[0] : null, gradK: byK ? into[1] : null },
          ...{ gradV: byV ? into[2] : null, qOffset: 0, kOffset: 0, vOffset: 0, byQ, byK, byV },
        })
        return into.map(({ data }) => [...data])
      }
      const all = gradients(true, true, true)
      for (let wanted = 1; wanted < 7; wanted++) {
        const flags = [0, 1, 2].map((i) => (wanted >> i) % 2 === 1) as [boolean, boolean, boolean]
        gradients(...flags).forEach((found, i) => {
          expect(found, `${i} of ${wanted}`).to.deep.equal(flags[i] ? all[i] : found.map(() => 7))
        })
      }
    }
  })

  it('a row without any key gives 0, and no gradient', () => {
    for (const kernels of backends) {
      const [q, k, v] = [1, 2, 3].map((seed) => asView(bell('float64', 12, seed)))
      const shape: AttentionShape = {
        ...{ batch: 1, heads: 1, kvHeads: 1, rows: 3, keys: 3, width: 4, valueWidth: 4, past: 0 },
        ...{ qBatch: 0, qHead: 0, qRow: 4, kBatch: 0, kHead: 0, kRow: 4 },
        ...{ vBatch: 0, vHead: 0, vRow: 4, outBatch: 0, outHead: 0, outRow: 4 },
        ...{ maskBatch: 0, maskHead: 0, maskRow: 3, paddingBatch: 0, before: 0, after: 0 },
      }
      const mask = asView(Uint8Array.of(1, 0, 1, 0, 0, 0, 1, 1, 1))
      const [out, logSum] = [asView(new Float64Array(12)), asView(new Float64Array(3))]
      const forward = { q: q!, k: k!, v: v!, mask, padding: null, state: null, logSum, out }
      const settings = { shape, scale: 1, causal: false, blocked: false, p: 0 }
      kernels.attention({ ...forward, ...settings })
      expect([...out.data.subarray(4, 8)]).to.deep.equal([0, 0, 0, 0])
      expect(logSum.data[1]).to.equal(Infinity)
      const grads = Array.from({ length: 3 }, () => asView(new Float64Array(12)))
      kernels.attentionGradient({
        ...{ ...forward, gradOut: asView(bell('float64', 12, 4)), ...settings },
        ...{ gradQ: grads[0]!, gradK: grads[1]!, gradV: grads[2]! },
        ...{ qOffset: 0, kOffset: 0, vOffset: 0, byQ: true, byK: true, byV: true },
      })
      expect([...grads[0]!.data.subarray(4, 8)]).to.deep.equal([0, 0, 0, 0])
      expect(grads.every(({ data }) => data.every((value) => Number.isFinite(value)))).equal(true)
    }
  })
})
