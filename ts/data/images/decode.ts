import { readFile } from 'node:fs/promises'

import { FormatError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import type { View } from '../../kernels/view.js'
import { peer } from '../../peer.js'
import { reasonOf } from '../../show.js'
import { transposeInto } from '../../tensor/strided.js'
import type { Tensor } from '../../tensor/tensor.js'

/** What an image is made when it is decoded. */
export interface Decoding {
  readonly channels: 1 | 3
  /** Height and width; null for those of the file. */
  readonly size: readonly [height: number, width: number] | null
  readonly fit: 'fill' | 'cover' | 'contain'
  /** A number a channel, of pixels from 0 to 1. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Bytes (channels, height, width). */
export interface Decoded {
  readonly bytes: Uint8Array
  readonly height: number
  readonly width: number
}

type Sharp = typeof import('sharp').default

let loaded: Promise<Sharp> | null = null

/** @throws AssetNotFoundError with what to install, where sharp is not there. */
export function loadSharp(): Promise<Sharp> {
  loaded ??= peer<typeof import('sharp')>('decoding images', 'sharp').then(
    (module) => module.default,
    (error: unknown) => {
      loaded = null
      throw error
    },
  )
  return loaded
}

/**
 * Decodes an image, turned upright as its file says, without transparency.
 *
 * @throws FormatError naming the file when it holds no image, or a part of one. Errors of the file system
 *   come as they are.
 */
export async function decode(
  who: string,
  source: string | Uint8Array,
  decoding: Decoding,
): Promise<Decoded> {
  const sharp = await loadSharp()
  const { channels, size, fit } = decoding
  const file = typeof source === 'string' ? await readFile(source) : source
  try {
    let image = sharp(file).rotate().removeAlpha()
    if (size !== null) image = image.resize(size[1], size[0], { fit })
    image = image.toColourspace(channels === 1 ? 'b-w' : 'srgb')
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    const { height, width } = info
    const pixels = height * width
    if (info.channels !== channels || data.length !== channels * pixels) {
      throw new Error(`it decodes to ${info.channels} channels`)
    }
    return { bytes: planes(data, pixels, channels), height, width }
  } catch (cause) {
    const name = typeof source === 'string' ? source : 'the buffer'
    throw new FormatError(`${who}: ${name} could not be decoded: ${reasonOf(cause)}`, { cause })
  }
}

/** Channels one after the other, of pixels one after the other. */
function planes(data: Uint8Array, pixels: number, channels: number): Uint8Array {
  if (channels === 1) return new Uint8Array(data)
  const bytes = new Uint8Array(data.length)
  transposeInto(viewOf(new Uint8Array(data)), viewOf(bytes), pixels, channels)
  return bytes
}

/** Writes (x / 255 - mean) / std for each byte x into float32, from element `start` on. */
export function writeNormalized(
  { bytes, height, width }: Decoded,
  { mean, std }: Decoding,
  out: Tensor,
  start: number,
): void {
  const pixels = height * width
  for (const [channel, deviation] of std.entries()) {
    const at = channel * pixels
    kernels().cast({
      x: viewOf(bytes.subarray(at, at + pixels)),
      y: viewOf(out.data.subarray(start + at, start + at + pixels), 'float32'),
      n: pixels,
      scale: 1 / 255 / deviation,
      shift: -mean[channel]! / deviation,
    })
  }
}

function viewOf(
  { buffer, byteOffset, length }: Tensor['data'],
  dtype: View['dtype'] = 'uint8',
): View {
  return { dtype, buffer: buffer as ArrayBuffer, byteOffset, length }
}
