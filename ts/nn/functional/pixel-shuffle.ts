import { checkArguments } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { permute } from '../../ops/permute.js'
import { checkTensor, formatShape, type Tensor } from '../../tensor/tensor.js'

/** @throws ValueError unless it is a whole number ≥ 1. */
export function checkFactor(who: string, what: string, factor: unknown): void {
  if (Number.isInteger(factor) && (factor as number) >= 1) return
  throw new ValueError(complaint(who, what, 'a whole number of at least 1', factor))
}

function refuse(who: string, expected: string, { shape }: Tensor): never {
  throw new ShapeError(complaint(who, 'the input', expected, `shape ${formatShape(shape)}`))
}

/**
 * Channels laid out as pixels: (…, C r², H, W) as (…, C, H r, W r); any dtype.
 *
 * @param upscaleFactor r.
 * @throws ShapeError unless r² divides the channels.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const who = 'pixelShuffle'
  checkArguments(who, 2, arguments)
  checkTensor(who, x)
  checkFactor(who, 'upscaleFactor', upscaleFactor)
  const r = upscaleFactor
  const [channels = NaN, height = 0, width = 0] = x.shape.slice(-3)
  if (x.ndim < 3 || channels % (r * r) !== 0) {
    refuse(who, `shape (…, C, H, W) with C divisible by ${r * r}`, x)
  }
  const leading = x.shape.slice(0, -3)
  const n = leading.length
  const order = [...leading.keys(), ...[0, 3, 1, 4, 2].map((dim) => n + dim)]
  const c = channels / (r * r)
  const apart = x.reshape([...leading, c, r, r, height, width])
  return permute(apart, order).reshape([...leading, c, height * r, width * r])
}

/**
 * The inverse of `pixelShuffle`: (…, C, H r, W r) as (…, C r², H, W); any dtype.
 *
 * @param downscaleFactor r.
 * @throws ShapeError unless r divides height and width.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const who = 'pixelUnshuffle'
  checkArguments(who, 2, arguments)
  checkTensor(who, x)
  checkFactor(who, 'downscaleFactor', downscaleFactor)
  const r = downscaleFactor
  const [channels = 0, height = NaN, width = NaN] = x.shape.slice(-3)
  if (x.ndim < 3 || height % r !== 0 || width % r !== 0) {
    refuse(who, `shape (…, C, H, W) with H and W divisible by ${r}`, x)
  }
  const leading = x.shape.slice(0, -3)
  const n = leading.length
  const order = [...leading.keys(), ...[0, 2, 4, 1, 3].map((dim) => n + dim)]
  const apart = x.reshape([...leading, channels, height / r, r, width / r, r])
  return permute(apart, order).reshape([...leading, channels * r * r, height / r, width / r])
}
