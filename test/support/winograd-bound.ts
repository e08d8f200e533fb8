import { type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { bothSides, roundoff } from './tolerance.js'

/** Where the polynomials of native/cpu/tables/conv2d_winograd.h are evaluated, infinity aside. */
const POINTS = [0, 0.625, -0.625, 1.5, -1.5]

/** 6 x 6 numbers make tiles of this side, each way. */
const sideOf = (kernel: number): number => 7 - kernel

/** |p|^i at point j, at infinity 1 for the last of `count` powers. */
function power(j: number, i: number, count: number): number {
  const point = POINTS[j]
  if (point === undefined) return i === count - 1 ? 1 : 0
  return Math.abs(point) ** i
}

const powers = (j: number, count: number): number =>
  Array.from({ length: count }, (_, i) => power(j, i, count)).reduce((a, b) => a + b)

/**
 * What the steps make of numbers of size 1 in the worst case: the largest sum of magnitudes that goes
 * through them from one tile and one channel into one of `to` x `to` numbers, from `from` x `from`
 * others and 6 x 6 of the source. Rows and columns grow alike.
 */
function growth(to: number, from: number): number {
  const sums = new Array<number>(to).fill(0)
  for (let j = 0; j < 6; j++) {
    const others = POINTS.filter((_, k) => k !== j)
    let product = [1]
    for (const q of others) {
      product = Array.from(
        { length: product.length + 1 },
        (_, i) => (product[i - 1] ?? 0) - q * (product[i] ?? 0),
      )
    }
    const point = POINTS[j]
    const atPoint = point === undefined ? 1 : others.reduce((value, q) => value * (point - q), 1)
    const fromSource = product.reduce((sum, c) => sum + Math.abs(c), 0)
    const all = (fromSource * powers(j, from)) / Math.abs(atPoint)
    for (let i = 0; i < to; i++) sums[i]! += power(j, i, to) * all
  }
  return Math.max(...sums) ** 2
}

/**
 * Error of `terms` products by Winograd's convolution, each of factors up to `largest` in size
 * together. On its way a number goes through at most 8 roundings from the source (in each direction a
 * product and a sum for the even or the odd part, its factor, their sum), 14 from the filter or from
 * gradients (a factor, itself rounded, two products and sums, the last sum) and 12 afterwards (a sum,
 * a rounded factor, two sums more), besides the `terms` of the sum between.
 */
function bound(dtype: FloatDType, terms: number, factor: number, largest: number): number {
  return bothSides(dtype, 1.01 * (terms + 8 + 14 + 12) * roundoff[dtype] * terms * factor * largest)
}

/** For results; for gradients by the input with the channels of the results. */
export function winogradBound(
  dtype: FloatDType,
  g: Conv2dGeometry,
  channels: number,
  largest: number,
): number {
  return bound(dtype, channels, growth(sideOf(g.kernelHeight), g.kernelHeight), largest)
}

export function winogradWeightBound(dtype: FloatDType, g: Conv2dGeometry, largest: number): number {
  const side = sideOf(g.kernelHeight)
  const tiles = g.batch * Math.ceil(g.outHeight / side) * Math.ceil(g.outWidth / side)
  return bound(dtype, tiles, growth(g.kernelHeight, side), largest)
}

/** Whether it may be chosen by shape: never for so few channels that the steps outweigh the products. */
export function mayBeWinograd(g: Conv2dGeometry): boolean {
  const { inChannels: c, outChannels: o, kernelHeight: k } = g
  const unit = Math.max(g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth, g.groups)
  return unit === 1 && k === g.kernelWidth && (k === 3 || k === 5) && (c * o) / (c + o) >= 4
}
