import { mkdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'

import { type Generator, rand } from '../../ts/index.js'

type Draw = (x: number, y: number, r: number) => string

const shapes = {
  circle: (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
  square: (x, y, r) => `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"/>`,
  triangle: (x, y, r) => `<path d="M${x} ${y - r} L${x + r} ${y + r} L${x - r} ${y + r} Z"/>`,
} satisfies Record<string, Draw>

/** Draws so many images of each class, of any place, size and colours: `root/circle/0.png`, … */
export async function drawShapes(
  root: string,
  counts: Readonly<Record<keyof typeof shapes, number>>,
  generator: Generator,
): Promise<void> {
  for (const [name, draw] of Object.entries(shapes)) {
    mkdirSync(path.join(root, name), { recursive: true })
    const count = counts[name as keyof typeof shapes]
    const drawn = rand([count, 5], { generator }).toArray() as number[][]
    for (const [i, row] of drawn.entries()) {
      const [x, y, r, ink, paper] = row as [number, number, number, number, number]
      const style = `fill="hsl(${360 * ink} 80% 45%)" style="background: hsl(${360 * paper} 40% 85%)"`
      const shape = draw(16 + 16 * x, 16 + 16 * y, 8 + 6 * r)
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" ${style}>${shape}</svg>`
      await sharp(Buffer.from(svg)).toFile(path.join(root, name, `${i}.png`))
    }
  }
}
