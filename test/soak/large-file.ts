/** Writes and reads a file of more than 2 GiB, which Node neither writes nor reads in one go. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { writeAtomically, writeAtomicallySync } from '../../ts/io/atomic-write.js'
import { readWhole, readWholeSync } from '../../ts/io/whole-file.js'

const LENGTH = 2 ** 31 + 9

const folder = mkdtempSync(join(tmpdir(), 'gradlane-large-'))
try {
  const file = join(folder, 'large')
  for (const sync of [true, false]) {
    const written = Buffer.alloc(LENGTH) // pages of zeros, which take no memory
    written[LENGTH - 1] = 7
    if (sync) writeAtomicallySync(file, written)
    else await writeAtomically(file, written)
    if (statSync(file).size !== LENGTH) throw new Error('it was not written whole')
    const read = sync ? readWholeSync(file) : await readWhole(file)
    if (read.length !== LENGTH || read[LENGTH - 1] !== 7) throw new Error('it was not read whole')
    rmSync(file)
  }
} finally {
  rmSync(folder, { recursive: true })
}
