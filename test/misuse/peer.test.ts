import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { AssetNotFoundError } from '../../ts/index.js'
import { peer, peerIfInstalled } from '../../ts/peer.js'

describe('a package that is no dependency', () => {
  it('is loaded when it is there', async () => {
    const { default: found } = await peer<{ default: { sep: string } }>('a test', 'node:path')
    expect(found.sep).to.be.a('string')
  })

  it('is named, with the line that installs it, when it is not', async () => {
    const error = await peer('reading stars', 'gradlane-telescope').then(
      () => expect.fail('was found'),
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(AssetNotFoundError)
    expect((error as AssetNotFoundError).message).to.equal(
      'reading stars needs the package gradlane-telescope: npm install gradlane-telescope',
    )
  })
  it('is null where one can do without it, unless it is there and does not load', async () => {
    expect(await peerIfInstalled('reading stars', 'gradlane-telescope')).to.equal(null)
    const faulty: [source: string, reason: RegExp][] = [
      ['throw new Error("out of order")', /out of order/],
      ['import "gradlane-telescope"', /'gradlane-telescope'/], // a package of its own
    ]
    const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-peer-'))
    try {
      for (const [i, [source, reason]] of faulty.entries()) {
        const file = path.join(folder, `${i}.mjs`)
        writeFileSync(file, source)
        const url = pathToFileURL(file).href
        for (const load of [peer, peerIfInstalled]) {
          const error = await load('reading stars', url).then(
            () => expect.fail('was found'),
            (thrown: unknown) => thrown,
          )
          expect(error).to.be.instanceOf(AssetNotFoundError)
          expect((error as AssetNotFoundError).message).to.match(reason)
        }
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
