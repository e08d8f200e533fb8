import type { PackSignsArgs, XnorMatmulArgs, XnorConv2dArgs } from '../xnor.js'
import { checkGeometry } from './conv2d.js'
import { floats, ints, optionalFloats } from './operand.js'

const WORD = 32

/** Ones among the bits of a word. */
function ones(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555)
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

export function packSigns({ x, words, outer, n, inner }: PackSignsArgs): void {
  const op = 'packSigns'
  const lines = Math.ceil(n / WORD)
  const xs = floats(x, outer * n * inner, op, 'x')
  const packed = ints(words, outer * lines * inner, op, 'words')
  packed.fill(0)
  if (xs.length === 0) return
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < n; c++) {
      const bit = 1 << (c % WORD)
      const line = (o * lines + Math.floor(c / WORD)) * inner
      for (let i = 0; i < inner; i++) {
        if (xs[(o * n + c) * inner + i]! < 0) packed[line + i]! |= bit
      }
    }
  }
}

export function xnorMatmul({ a, b, bias, out, m, n, k }: XnorMatmulArgs): void {
  const op = 'xnorMatmul'
  const words = Math.ceil(k / WORD)
  const as = ints(a, m * words, op, 'a')
  const bs = ints(b, words * n, op, 'b')
  const biases = optionalFloats(bias, n, op, 'bias')
  const ys = floats(out, m * n, op, 'out')
  if (ys.length === 0) return
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let differing = 0
      for (let w = 0; w < words; w++) differing += ones(as[i * words + w]! ^ bs[w * n + j]!)
      ys[i * n + j] = k - 2 * differing + (biases?.[j] ?? 0)
    }
  }
}

export function xnorConv2d({ x, weight, bias, out, geometry }: XnorConv2dArgs): void {
  const op = 'xnorConv2d'
  const g = geometry
  checkGeometry(g, op)
  const [inGroup, outGroup] = [g.inChannels / g.groups, g.outChannels / g.groups]
  const depth = Math.ceil(inGroup / WORD)
  const [inPlane, outPlane] = [g.inHeight * g.inWidth, g.outHeight * g.outWidth]
  const taps = g.kernelHeight * g.kernelWidth
  const met = depth * inPlane === 0 ? 0 : taps
  const xs = ints(x, g.batch * g.groups * depth * inPlane, op, 'x')
  const ws = ints(weight, g.outChannels * depth * taps, op, 'weight')
  const biases = optionalFloats(bias, g.outChannels, op, 'bias')
  const ys = floats(out, g.batch * g.outChannels * outPlane, op, 'out')
  if (ys.length === 0) return

  /** The sum of the signs' products for one result. */
  function at(image: number, channel: number, row: number, column: number): number {
    const source = (image * g.groups + Math.floor(channel / outGroup)) * depth
    let sum = 0
    for (let tap = 0; tap < met; tap++) {
      const [p, q] = [Math.floor(tap / g.kernelWidth), tap % g.kernelWidth]
      const y = row * g.strideHeight - g.padTop + p * g.dilationHeight
      const z = column * g.strideWidth - g.padLeft + q * g.dilationWidth
      if (y < 0 || y >= g.inHeight || z < 0 || z >= g.inWidth) continue
      sum += inGroup
      for (let d = 0; d < depth; d++) {
        const word = xs[(source + d) * inPlane + y * g.inWidth + z]!
        sum -= 2 * ones(word ^ ws[(channel * depth + d) * taps + tap]!)
      }
    }
    return sum
  }

  let next = 0
  for (let image = 0; image < g.batch; image++) {
    for (let channel = 0; channel < g.outChannels; channel++) {
      for (let row = 0; row < g.outHeight; row++) {
        for (let column = 0; column < g.outWidth; column++) {
          ys[next++] = at(image, channel, row, column) + (biases?.[channel] ?? 0)
        }
      }
    }
  }
}

export const xnorKernels = { packSigns, xnorMatmul, xnorConv2d }
