import { ShapeError } from '../../errors.js'
import {
  AUGMENT_DRAWN,
  type AugmentArgs,
  type AugmentGeometry,
  type AugmentGradientArgs,
} from '../augment.js'
import { floats, ints } from './operand.js'
import { multiplyHigh, PhiloxStream } from './philox.js'
import { checkPassed } from './place.js'
import { unitOfWord } from './random.js'

/** Elements of all images and of all pieces. */
const sizes = (g: AugmentGeometry): readonly [number, number] => [
  g.samples * g.channels * g.inHeight * g.inWidth,
  g.samples * g.channels * g.outHeight * g.outWidth,
]

/** How many places a piece can be cut at along one side. */
function places(inSize: number, pad: number, outSize: number): number {
  const count = inSize + 2 * pad - outSize + 1
  if (pad >= 0 && count >= 1) return count
  throw new ShapeError(`augment: no piece of ${outSize} fits into ${inSize} with ${pad} around it`)
}

/** The side of a rectangle, of `most` at most. */
function side(square: number, most: number): number {
  const rounded = Math.sqrt(square) + 0.5
  return rounded < most ? Math.floor(rounded) : most
}

/** Height and width of the rectangle that is erased, from two words. */
function rectangle(
  [areaWord, ratioWord]: readonly [number, number],
  { geometry: { outHeight, outWidth }, areaLow, areaHigh, ratioLow, ratioRoot }: AugmentArgs,
): [height: number, width: number] {
  const area = (areaLow + (areaHigh - areaLow) * unitOfWord(areaWord)) * (outHeight * outWidth)
  // The 256th power by squaring alone, as the native operation has it: the same bits.
  let drawn = 1 + (ratioRoot - 1) * unitOfWord(ratioWord)
  for (let i = 0; i < 8; i++) drawn *= drawn
  drawn *= ratioLow
  return [side(area * drawn, outHeight), side(area / drawn, outWidth)]
}

export function augment(args: AugmentArgs): void {
  const { state, x, drawn, out, geometry } = args
  const { samples, inHeight, inWidth, outHeight, outWidth } = geometry
  const { padHeight, padWidth, flip, erase, fill, value, before = 0, after = 0 } = args
  const rows = places(inHeight, padHeight, outHeight)
  const columns = places(inWidth, padWidth, outWidth)
  const [inLength, outLength] = sizes(geometry)
  const xs = floats(x, inLength, 'augment', 'x')
  const draws = ints(drawn, samples * AUGMENT_DRAWN, 'augment', 'drawn')
  const outs = floats(out, outLength, 'augment', 'out')
  const stream = new PhiloxStream(ints(state, 4, 'augment', 'state'))
  checkPassed('augment', before, after, 1)
  stream.passTo(8 * before)
  for (let n = 0; n < samples; n++) {
    const words = Array.from({ length: 8 }, () => stream.next())
    const one = [
      multiplyHigh(words[0]!, rows) - padHeight,
      multiplyHigh(words[1]!, columns) - padWidth,
      unitOfWord(words[2]!) < flip ? 1 : 0,
    ]
    if (unitOfWord(words[3]!) < erase) {
      const [height, width] = rectangle([words[4]!, words[5]!], args)
      const top = multiplyHigh(words[6]!, outHeight - height + 1)
      const left = multiplyHigh(words[7]!, outWidth - width + 1)
      one.push(top, left, height, width)
    } else one.push(0, 0, 0, 0)
    draws.set(one, n * AUGMENT_DRAWN)
  }
  stream.passTo(8 * (before + samples + after))
  forEachElement(draws, geometry, (outAt, inAt) => {
    outs[outAt] = inAt === ERASED ? value : inAt === OUTSIDE ? fill : xs[inAt]!
  })
}

export function augmentGradient({ drawn, gradOut, gradX, geometry }: AugmentGradientArgs): void {
  const [inLength, outLength] = sizes(geometry)
  const count = geometry.samples * AUGMENT_DRAWN
  const draws = ints(drawn, count, 'augmentGradient', 'drawn')
  const gradOuts = floats(gradOut, outLength, 'augmentGradient', 'gradOut')
  const gradXs = floats(gradX, inLength, 'augmentGradient', 'gradX')
  gradXs.fill(0)
  forEachElement(draws, geometry, (outAt, inAt) => {
    if (inAt >= 0) gradXs[inAt] = gradOuts[outAt]!
  })
}

const ERASED = -1
const OUTSIDE = -2

/** Calls `visit` for each element of the pieces with the one of the images that it shows. */
function forEachElement(
  draws: Int32Array,
  { samples, channels, inHeight, inWidth, outHeight, outWidth }: AugmentGeometry,
  visit: (outAt: number, inAt: number) => void,
): void {
  if (outHeight === 0 || outWidth === 0) return
  let outAt = 0
  for (let n = 0; n < samples; n++) {
    const one = draws.subarray(n * AUGMENT_DRAWN, (n + 1) * AUGMENT_DRAWN)
    const [dy, dx, flip, top, left, height, width] = one as unknown as readonly number[]
    for (let plane = n * channels; plane < (n + 1) * channels; plane++) {
      for (let i = 0; i < outHeight; i++) {
        for (let place = 0; place < outWidth; place++) {
          const j = flip ? outWidth - 1 - place : place
          const erased = i >= top! && i < top! + height! && j >= left! && j < left! + width!
          const [y, x] = [i + dy!, j + dx!]
          const inside = y >= 0 && y < inHeight && x >= 0 && x < inWidth
          const inAt = erased ? ERASED : inside ? (plane * inHeight + y) * inWidth + x : OUTSIDE
          visit(outAt++, inAt)
        }
      }
    }
  }
}

export const augmentKernels = { augment, augmentGradient }
