import { expect } from 'chai'
import fs, {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { FormatError } from '../../ts/errors.js'
import { writeAtomically, writeAtomicallySync } from '../../ts/io/atomic-write.js'
import { readWhole, readWholeSync, writeWholeSync } from '../../ts/io/whole-file.js'

describe('whole files', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-whole-'))
    file = join(folder, 'a')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('are read and written in as many parts as it takes', async () => {
    const bytes = Buffer.from('a file that is longer than a part')
    for (const part of [1, 7, bytes.length - 1, bytes.length, bytes.length + 1]) {
      const descriptor = openSync(file, 'w')
      writeWholeSync(descriptor, bytes, part)
      closeSync(descriptor)
      expect(readFileSync(file).equals(bytes)).to.equal(true)
      expect(Buffer.from(readWholeSync(file, part)).equals(bytes)).to.equal(true)
      expect(Buffer.from(await readWhole(pathToFileURL(file), part)).equals(bytes)).to.equal(true)
    }
    writeFileSync(file, '')
    expect(readWholeSync(file)).to.have.length(0)
    expect(await readWhole(file)).to.have.length(0)
  })

  describe('that a disk gives back otherwise', () => {
    const { readSync } = fs
    let handle: FileHandle
    let read: unknown
    beforeEach(async () => {
      handle = await open(process.execPath)
      const prototype = Object.getPrototypeOf(handle) as { read: unknown }
      read = prototype.read
    })
    afterEach(async () => {
      fs.readSync = readSync
      syncBuiltinESMExports()
      ;(Object.getPrototypeOf(handle) as { read: unknown }).read = read
      await handle.close()
    })

    type Spoil = (bytes: Uint8Array, position: number, length: number) => number
    /** Makes what is read something else. */
    function spoil(how: Spoil): void {
      fs.readSync = ((file: number, bytes: Uint8Array, ...rest: [number, number, number]) => {
        return how(bytes, rest[2], readSync(file, bytes, ...rest))
      }) as never
      syncBuiltinESMExports()
      const own = read as (...given: unknown[]) => Promise<{ bytesRead: number }>
      const prototype = Object.getPrototypeOf(handle) as { read: unknown }
      prototype.read = async function (this: unknown, bytes: Uint8Array, ...rest: number[]) {
        const { bytesRead } = await own.call(this, bytes, ...rest)
        return { bytesRead: how(bytes, rest[2]!, bytesRead) }
      }
    }

    const long = Buffer.alloc(2 ** 20 + 9, 'abc')
    const cases: readonly (readonly [string, Uint8Array, Spoil])[] = [
      [
        'a bit',
        long,
        (bytes, position, length) => {
          if (position > 0) bytes[3]! ^= 1
          return length
        },
      ],
      ['the end', long, (_, position, length) => (position > 0 ? Math.max(0, length - 1) : length)],
      ['all of it', Buffer.from('new'), () => 0],
      [
        'more than there should be',
        Buffer.from('new'),
        (_, position, length) => (position === 0 ? length + 1 : length),
      ],
    ]
    for (const [what, bytes, how] of cases) {
      it(`do not take the place of the old one: ${what}`, async () => {
        writeFileSync(file, 'the old one')
        spoil(how)
        expect(() => {
          writeAtomicallySync(file, bytes)
        }).to.throw(FormatError, /offset .*what was read back is not what was written/)
        const error: unknown = await writeAtomically(file, bytes).catch((reason: unknown) => reason)
        expect(error).to.be.instanceOf(FormatError)
        expect(readFileSync(file, 'utf8')).to.equal('the old one')
        expect(readdirSync(folder)).to.deep.equal(['a'])
      })
    }
  })
})
