import { fileURLToPath } from 'node:url'
import { types } from 'node:util'

import { checkArguments, checkPath } from '../../check.js'
import { readOptions } from '../../options.js'
import { empty, type Tensor } from '../../tensor/tensor.js'
import { decodingOf, IMAGE_OPTIONS, type ImageOptions } from './image-options.js'

/**
 * One image (C, H, W), float32 from 0 to 1, as `ImageFolder` gives those that a model is trained on: what
 * came with a request, say. Decoded by the package sharp, which is installed beside gradlane.
 *
 * @param source A path, a `file:` URL, or what such a file holds.
 * @throws FormatError naming the file when it could not be decoded; AssetNotFoundError where sharp is not
 *   installed. Errors of the file system come as they are.
 * @see https://pytorch.org/vision/stable/generated/torchvision.io.decode_image.html
 *
 * @example
 * const image = await data.readImage('new.jpg', { size: 64 })
 * const scores = model.forward(image.reshape([1, ...image.shape])) // a batch of one
 */
export async function readImage(
  source: string | URL | Uint8Array,
  options: ImageOptions = {},
): Promise<Tensor> {
  const who = 'readImage'
  checkArguments(who, 2, arguments)
  const decoding = decodingOf(who, readOptions(who, IMAGE_OPTIONS, options))
  const bytes = types.isUint8Array(source)
  if (!bytes) checkPath(who, 'the source', source, 'a path, a file URL or bytes')
  const { decode, writeNormalized } = await import('./decode.js')
  const from = bytes || typeof source === 'string' ? source : fileURLToPath(source)
  const decoded = await decode(who, from, decoding)
  const image = empty([decoding.channels, decoded.height, decoded.width], 'float32')
  writeNormalized(decoded, decoding, image, 0)
  return image
}
