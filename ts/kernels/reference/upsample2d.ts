import type { Upsample2dArgs, Upsample2dGradientArgs } from '../upsample2d.js'
import { doubles } from '../allocate.js'
import { type Upsample2dGeometry, UpsampleMode } from '../upsample2d.js'
import { floats } from './operand.js'

const inLength = (g: Upsample2dGeometry): number => g.planes * g.inHeight * g.inWidth
const outLength = (g: Upsample2dGeometry): number => g.planes * g.outHeight * g.outWidth

/** (1 - weight) times element `index` plus weight times the one after it. */
interface Source {
  readonly index: number
  readonly weight: number
}

/** Where the outputs along one dimension come from. */
function sourcesOf(
  g: Upsample2dGeometry,
  size: number,
  outSize: number,
  scale: number,
): readonly Source[] {
  return Array.from({ length: outSize }, (_, o) => {
    if (g.mode === UpsampleMode.nearest) {
      const index = Math.floor(scale === 0 ? (o * size) / outSize : o / scale)
      return { index: Math.min(index, size - 1), weight: 0 }
    }
    let place = 0
    if (!g.alignCorners) place = (o + 0.5) / (scale === 0 ? outSize / size : scale) - 0.5
    else if (outSize > 1) place = (o * (size - 1)) / (outSize - 1)
    place = Math.min(Math.max(place, 0), size - 1)
    return { index: Math.floor(place), weight: place - Math.floor(place) }
  })
}

/** Calls body(o, e, weight) for every output and each element of x that it is made of. */
function forTerms(
  g: Upsample2dGeometry,
  body: (o: number, e: number, weight: number) => void,
): void {
  if (inLength(g) * outLength(g) === 0) return
  const rows = sourcesOf(g, g.inHeight, g.outHeight, g.scaleHeight)
  const cols = sourcesOf(g, g.inWidth, g.outWidth, g.scaleWidth)
  const reach = g.mode === UpsampleMode.nearest ? 0 : 1
  for (let plane = 0, o = 0; plane < g.planes; plane++) {
    for (const row of rows) {
      for (const col of cols) {
        for (let p = 0; p <= reach && row.index + p < g.inHeight; p++) {
          for (let q = 0; q <= reach && col.index + q < g.inWidth; q++) {
            const e = (plane * g.inHeight + row.index + p) * g.inWidth + col.index + q
            const down = p === 0 ? 1 - row.weight : row.weight
            body(o, e, down * (q === 0 ? 1 - col.weight : col.weight))
          }
        }
        o++
      }
    }
  }
}

export function upsample2d({ x, out, geometry: g }: Upsample2dArgs): void {
  const xs = floats(x, inLength(g), 'upsample2d', 'x')
  const outs = floats(out, outLength(g), 'upsample2d', 'out')
  const sums = doubles(outLength(g))
  forTerms(g, (o, e, weight) => (sums[o]! += weight * xs[e]!))
  outs.set(sums)
}

export function upsample2dGradient({ gradOut, gradX, geometry: g }: Upsample2dGradientArgs): void {
  const gradOuts = floats(gradOut, outLength(g), 'upsample2dGradient', 'gradOut')
  const gradXs = floats(gradX, inLength(g), 'upsample2dGradient', 'gradX')
  const sums = doubles(inLength(g))
  forTerms(g, (o, e, weight) => (sums[e]! += weight * gradOuts[o]!))
  gradXs.set(sums)
}

export const upsample2dKernels = { upsample2d, upsample2dGradient }
