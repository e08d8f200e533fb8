import type { DropoutArgs, DropoutGradientArgs } from '../dropout.js'
import { bytes, floats, ints } from './operand.js'
import { drawEach } from './place.js'
import { PhiloxStream } from './philox.js'
import { unitOfWord } from './random.js'

/**
 * N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014),
 * scaled in training instead of in evaluation.
 */
export function dropout({ state, x, mask, out, n, inner, p, scale, ...place }: DropoutArgs): void {
  const xs = floats(x, n * inner, 'dropout', 'x')
  const masks = bytes(mask, n, 'dropout', 'mask')
  const outs = floats(out, n * inner, 'dropout', 'out')
  const stream = new PhiloxStream(ints(state, 4, 'dropout', 'state'))
  drawEach('dropout', stream, n, 1, place, (i) => {
    masks[i] = unitOfWord(stream.next()) >= p ? 1 : 0
    for (let j = i * inner; j < (i + 1) * inner; j++) outs[j] = masks[i] ? xs[j]! * scale : 0
  })
}

export function dropoutGradient({
  mask,
  gradOut,
  gradX,
  n,
  inner,
  scale,
}: DropoutGradientArgs): void {
  const masks = bytes(mask, n, 'dropoutGradient', 'mask')
  const gradOuts = floats(gradOut, n * inner, 'dropoutGradient', 'gradOut')
  const gradXs = floats(gradX, n * inner, 'dropoutGradient', 'gradX')
  for (let i = 0; i < n; i++) {
    for (let j = i * inner; j < (i + 1) * inner; j++) {
      gradXs[j] = masks[i] ? gradOuts[j]! * scale : 0
    }
  }
}

export const dropoutKernels = { dropout, dropoutGradient }
