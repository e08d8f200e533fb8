import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

import { complaint, ValueError } from '../../errors.js'

/** What sharp decodes of what torchvision takes for images, by the end of the name. */
const EXTENSIONS = new Set(['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif'])

/** Folders inside of each other; links may lead around in circles. */
const DEPTH = 32

export interface Scanned {
  readonly classes: readonly string[]
  /** Path and number of the class of each image. */
  readonly samples: readonly (readonly [path: string, label: number])[]
  /** Paths of files that are no images by their names. */
  readonly skipped: readonly string[]
}

/**
 * Images by class: each folder in `root` is a class, and all images in it, however deep, are its own.
 * Classes and files in the order of their names; what begins with a dot does not count.
 *
 * @throws ValueError when there is no class, or one without an image. Errors of the file system come as
 *   they are.
 */
export async function scan(root: string): Promise<Scanned> {
  const folders = await entriesOf(root)
  const classes = folders.filter(([, isFolder]) => isFolder).map(([name]) => name)
  const samples: [string, number][] = []
  const skipped = folders.filter(([, isFolder]) => !isFolder).map(([name]) => path.join(root, name))
  for (const [label, name] of classes.entries()) {
    const before = samples.length
    for (const file of await filesIn(path.join(root, name), 1)) {
      if (EXTENSIONS.has(path.extname(file).slice(1).toLowerCase())) samples.push([file, label])
      else skipped.push(file)
    }
    if (samples.length === before) {
      const endings = [...EXTENSIONS].join(', ')
      const what = `the folder ${path.join(root, name)}`
      const expected = `one that holds images of its class (${endings})`
      throw new ValueError(complaint('ImageFolder', what, expected, 'none'))
    }
  }
  if (classes.length > 0) return { classes, samples, skipped }
  const expected = 'one that holds a folder for each class, as in root/cat/1.jpg'
  throw new ValueError(complaint('ImageFolder', `the folder ${root}`, expected, 'none'))
}

/** Names in a folder, sorted, with whether each is a folder itself. */
async function entriesOf(folder: string): Promise<[name: string, isFolder: boolean][]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const seen = entries.filter(({ name }) => !name.startsWith('.'))
  seen.sort((a, b) => (a.name < b.name ? -1 : 1))
  return Promise.all(
    seen.map(async (entry) => {
      const link = entry.isSymbolicLink()
      const target = link ? await stat(path.join(folder, entry.name)) : entry
      return [entry.name, target.isDirectory()]
    }),
  )
}

async function filesIn(folder: string, depth: number): Promise<string[]> {
  if (depth > DEPTH) {
    const hint = 'does a link lead back to a folder above it?'
    const expected = `at most ${DEPTH} folders deep`
    throw new ValueError(complaint('ImageFolder', folder, expected, 'a deeper one', hint))
  }
  const files: string[] = []
  for (const [name, isFolder] of await entriesOf(folder)) {
    const full = path.join(folder, name)
    if (isFolder) files.push(...(await filesIn(full, depth + 1)))
    else files.push(full)
  }
  return files
}
