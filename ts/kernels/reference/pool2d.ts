import type {
  MaxPool2dArgs,
  MaxPool2dGradientArgs,
  AvgPool2dArgs,
  AvgPool2dGradientArgs,
  AdaptiveAvgPool2dArgs,
  AdaptiveAvgPool2dGradientArgs,
} from '../pool2d.js'
import { ValueError } from '../../errors.js'
import type { Pool2dGeometry } from '../pool2d.js'
import { floats, ints } from './operand.js'

const inLength = (g: Pool2dGeometry): number => g.planes * g.inHeight * g.inWidth
const outLength = (g: Pool2dGeometry): number => g.planes * g.outHeight * g.outWidth

export function maxPool2d({ x, out, index, geometry: g }: MaxPool2dArgs): void {
  const xs = floats(x, inLength(g), 'maxPool2d', 'x')
  const outs = floats(out, outLength(g), 'maxPool2d', 'out')
  const places = ints(index, outLength(g), 'maxPool2d', 'index')
  if (xs.length === 0) {
    outs.fill(-Infinity)
    places.fill(0)
    return
  }
  for (let o = 0; o < outLength(g); o++) {
    const plane = Math.floor(o / (g.outHeight * g.outWidth)) * g.inHeight * g.inWidth
    const top = (Math.floor(o / g.outWidth) % g.outHeight) * g.strideHeight - g.padTop
    const left = (o % g.outWidth) * g.strideWidth - g.padLeft
    let best = -Infinity
    let place = -1
    for (let p = 0; p < g.kernelHeight; p++) {
      for (let q = 0; q < g.kernelWidth; q++) {
        const row = top + p * g.dilationHeight
        const col = left + q * g.dilationWidth
        if (row < 0 || row >= g.inHeight || col < 0 || col >= g.inWidth) continue
        const value = xs[plane + row * g.inWidth + col]!
        if (place < 0 || value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
          best = value
          place = row * g.inWidth + col
        }
      }
    }
    outs[o] = best
    places[o] = Math.max(place, 0)
  }
}

export function maxPool2dGradient({
  gradOut,
  index,
  gradX,
  geometry: g,
}: MaxPool2dGradientArgs): void {
  const op = 'maxPool2dGradient'
  const gradOuts = floats(gradOut, outLength(g), op, 'gradOut')
  const places = ints(index, outLength(g), op, 'index')
  const gradXs = floats(gradX, inLength(g), op, 'gradX')
  const plane = g.inHeight * g.inWidth
  const bad = places.findIndex((place) => place < 0 || place >= plane)
  if (bad >= 0) {
    throw new ValueError(`${op}: index ${places[bad]} at ${bad} is outside [0, ${plane})`)
  }
  gradXs.fill(0)
  for (let o = 0; o < outLength(g); o++) {
    gradXs[Math.floor(o / (g.outHeight * g.outWidth)) * plane + places[o]!]! += gradOuts[o]!
  }
}

/** A range of rows or of columns; `padded` counts those of the padding too. */
interface Range {
  readonly begin: number
  readonly end: number
  readonly padded: number
}

function rangeOf(i: number, kernel: number, stride: number, pad: number, size: number): Range {
  const start = i * stride - pad
  const stop = Math.min(start + kernel, size + pad)
  return { begin: Math.max(start, 0), end: Math.min(stop, size), padded: stop - start }
}

function adaptiveRangeOf(i: number, n: number, size: number): Range {
  const begin = Math.floor((i * size) / n)
  const end = Math.ceil(((i + 1) * size) / n)
  return { begin, end, padded: end - begin }
}

/** Calls body(plane, rows, cols, o) for every output. */
function forWindows(
  planes: number,
  outHeight: number,
  outWidth: number,
  rowsOf: (i: number) => Range,
  colsOf: (j: number) => Range,
  body: (plane: number, rows: Range, cols: Range, o: number) => void,
): void {
  for (let plane = 0, o = 0; plane < planes; plane++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) body(plane, rowsOf(i), colsOf(j), o++)
    }
  }
}

/** Calls body(e) for every element of a window. */
function forElements(
  plane: number,
  rows: Range,
  cols: Range,
  inHeight: number,
  inWidth: number,
  body: (e: number) => void,
): void {
  for (let y = rows.begin; y < rows.end; y++) {
    for (let x = cols.begin; x < cols.end; x++) body((plane * inHeight + y) * inWidth + x)
  }
}

function divisorOf(rows: Range, cols: Range, includePad: boolean, override: number): number {
  if (override !== 0) return override
  if (includePad) return rows.padded * cols.padded
  return (rows.end - rows.begin) * (cols.end - cols.begin)
}

const isEmpty = (rows: Range, cols: Range): boolean =>
  rows.begin >= rows.end || cols.begin >= cols.end

export function avgPool2d({
  x,
  out,
  geometry: g,
  countIncludePad,
  divisorOverride,
}: AvgPool2dArgs): void {
  const xs = floats(x, inLength(g), 'avgPool2d', 'x')
  const outs = floats(out, outLength(g), 'avgPool2d', 'out')
  if (xs.length * outs.length === 0) {
    outs.fill(0)
    return
  }
  const rowsOf = (i: number) => rangeOf(i, g.kernelHeight, g.strideHeight, g.padTop, g.inHeight)
  const colsOf = (j: number) => rangeOf(j, g.kernelWidth, g.strideWidth, g.padLeft, g.inWidth)
  forWindows(g.planes, g.outHeight, g.outWidth, rowsOf, colsOf, (plane, rows, cols, o) => {
    let sum = 0
    forElements(plane, rows, cols, g.inHeight, g.inWidth, (e) => (sum += xs[e]!))
    const divisor = divisorOf(rows, cols, countIncludePad, divisorOverride)
    outs[o] = isEmpty(rows, cols) ? 0 : sum / divisor
  })
}

export function avgPool2dGradient({
  gradOut,
  gradX,
  geometry: g,
  countIncludePad,
  divisorOverride,
}: AvgPool2dGradientArgs): void {
  const gradOuts = floats(gradOut, outLength(g), 'avgPool2dGradient', 'gradOut')
  const gradXs = floats(gradX, inLength(g), 'avgPool2dGradient', 'gradX')
  const rowsOf = (i: number) => rangeOf(i, g.kernelHeight, g.strideHeight, g.padTop, g.inHeight)
  const colsOf = (j: number) => rangeOf(j, g.kernelWidth, g.strideWidth, g.padLeft, g.inWidth)
  gradXs.fill(0)
  if (gradXs.length * gradOuts.length === 0) return
  forWindows(g.planes, g.outHeight, g.outWidth, rowsOf, colsOf, (plane, rows, cols, o) => {
    const share = gradOuts[o]! / divisorOf(rows, cols, countIncludePad, divisorOverride)
    forElements(plane, rows, cols, g.inHeight, g.inWidth, (e) => (gradXs[e]! += share))
  })
}

export function adaptiveAvgPool2d({
  x,
  out,
  planes,
  inHeight,
  inWidth,
  outHeight,
  outWidth,
}: AdaptiveAvgPool2dArgs): void {
  const xs = floats(x, planes * inHeight * inWidth, 'adaptiveAvgPool2d', 'x')
  const outs = floats(out, planes * outHeight * outWidth, 'adaptiveAvgPool2d', 'out')
  if (xs.length * outs.length === 0) {
    outs.fill(NaN)
    return
  }
  const rowsOf = (i: number) => adaptiveRangeOf(i, outHeight, inHeight)
  const colsOf = (j: number) => adaptiveRangeOf(j, outWidth, inWidth)
  forWindows(planes, outHeight, outWidth, rowsOf, colsOf, (plane, rows, cols, o) => {
    let sum = 0
    forElements(plane, rows, cols, inHeight, inWidth, (e) => (sum += xs[e]!))
    outs[o] = sum / (rows.padded * cols.padded)
  })
}

export function adaptiveAvgPool2dGradient({
  gradOut,
  gradX,
  planes,
  inHeight,
  inWidth,
  outHeight,
  outWidth,
}: AdaptiveAvgPool2dGradientArgs): void {
  const op = 'adaptiveAvgPool2dGradient'
  const gradOuts = floats(gradOut, planes * outHeight * outWidth, op, 'gradOut')
  const gradXs = floats(gradX, planes * inHeight * inWidth, op, 'gradX')
  const rowsOf = (i: number) => adaptiveRangeOf(i, outHeight, inHeight)
  const colsOf = (j: number) => adaptiveRangeOf(j, outWidth, inWidth)
  gradXs.fill(0)
  if (gradXs.length * gradOuts.length === 0) return
  forWindows(planes, outHeight, outWidth, rowsOf, colsOf, (plane, rows, cols, o) => {
    const share = gradOuts[o]! / (rows.padded * cols.padded)
    forElements(plane, rows, cols, inHeight, inWidth, (e) => (gradXs[e]! += share))
  })
}

export const pool2dKernels = {
  maxPool2d,
  maxPool2dGradient,
  avgPool2d,
  avgPool2dGradient,
  adaptiveAvgPool2d,
  adaptiveAvgPool2dGradient,
}
