import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import type { Tensor } from '../../ts/index.js'

/** Writes images (N, 1, H, W) in [0, 1] as one PNG, `columns` beside each other. */
export async function saveSheet(images: Tensor, columns: number, file: string): Promise<void> {
  const [count = 0, , height = 0, width = 0] = images.shape
  const [across, down] = [columns * width, Math.ceil(count / columns) * height]
  const pixels = new Uint8ClampedArray(across * down)
  const { data } = images
  for (let i = 0; i < data.length; i++) {
    const [image, y] = [Math.floor(i / (height * width)), Math.floor(i / width) % height]
    const row = Math.floor(image / columns) * height + y
    pixels[row * across + (image % columns) * width + (i % width)] = 255 * data[i]!
  }
  await mkdir(path.dirname(path.resolve(file)), { recursive: true })
  await sharp(pixels, { raw: { width: across, height: down, channels: 1 } }).toFile(file)
}
