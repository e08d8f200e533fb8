import type { Pad2dArgs, Pad2dGradientArgs } from '../pad2d.js'
import { ShapeError, ValueError } from '../../errors.js'
import { doubles } from '../allocate.js'
import { type Pad2dGeometry, PadMode } from '../pad2d.js'
import { floats } from './operand.js'

/** One dimension of an image, padded. */
interface Line {
  /** With the padding. */
  readonly length: number
  /** The place of the image that a padded place shows; null for none. */
  readonly sourceOf: (padded: number) => number | null
}

function lineOf(size: number, before: number, after: number, mode: PadMode, op: string): Line {
  const padded = size + before + after
  const reach = Math.max(before, after, 0)
  const rules: readonly (readonly [boolean, string])[] = [
    [padded >= 0 && padded < 2 ** 31, 'a padded size of at least 0 and at most 2^31 - 1'],
    [
      mode !== PadMode.reflect || reach === 0 || reach < size,
      'a padding smaller than the size, to be reflected',
    ],
    [
      mode !== PadMode.replicate || reach === 0 || size > 0,
      'a size of at least 1, to be replicated',
    ],
    [mode !== PadMode.circular || reach <= size, 'a padding of at most the size, to go around'],
  ]
  for (const [holds, rule] of rules) {
    if (holds) continue
    throw new ShapeError(
      `${op}: expected ${rule}, got ${before} before and ${after} after a size of ${size}`,
    )
  }
  const sourceOf = (i: number): number | null => {
    const at = i - before
    if (at >= 0 && at < size) return at
    switch (mode) {
      case PadMode.constant:
        return null
      case PadMode.reflect:
        return at < 0 ? -at : 2 * (size - 1) - at
      case PadMode.replicate:
        return at < 0 ? 0 : size - 1
      case PadMode.circular:
        return at < 0 ? at + size : at - size
    }
  }
  return { length: padded, sourceOf }
}

/** Calls body(padded place, place or null) for all elements, after the checks of the sizes. */
function elementsOf(g: Pad2dGeometry, mode: PadMode, op: string) {
  if (!Object.values(PadMode).includes(mode)) {
    throw new ValueError(`${op}: unknown mode ${String(mode)}`)
  }
  const rows = lineOf(g.inHeight, g.padTop, g.padBottom, mode, op)
  const columns = lineOf(g.inWidth, g.padLeft, g.padRight, mode, op)
  const outLength = g.planes * rows.length * columns.length
  return {
    inLength: g.planes * g.inHeight * g.inWidth,
    outLength,
    forEach(body: (o: number, e: number | null) => void): void {
      const across = Array.from({ length: outLength === 0 ? 0 : columns.length }, (_, i) =>
        columns.sourceOf(i),
      )
      for (let o = 0; o < outLength;) {
        const row = o / columns.length
        const plane = Math.floor(row / rows.length)
        const y = rows.sourceOf(row % rows.length)
        for (const x of across) {
          body(o++, y === null || x === null ? null : (plane * g.inHeight + y) * g.inWidth + x)
        }
      }
    },
  }
}

export function pad2d({ x, out, geometry, mode, value }: Pad2dArgs): void {
  const elements = elementsOf(geometry, mode, 'pad2d')
  const xs = floats(x, elements.inLength, 'pad2d', 'x')
  const outs = floats(out, elements.outLength, 'pad2d', 'out')
  elements.forEach((o, e) => (outs[o] = e === null ? value : xs[e]!))
}

export function pad2dGradient({ gradOut, gradX, geometry, mode }: Pad2dGradientArgs): void {
  const elements = elementsOf(geometry, mode, 'pad2dGradient')
  const gradOuts = floats(gradOut, elements.outLength, 'pad2dGradient', 'gradOut')
  const gradXs = floats(gradX, elements.inLength, 'pad2dGradient', 'gradX')
  const sums = doubles(elements.inLength)
  elements.forEach((o, e) => {
    if (e !== null) sums[e]! += gradOuts[o]!
  })
  gradXs.set(sums)
}

export const pad2dKernels = { pad2d, pad2dGradient }
