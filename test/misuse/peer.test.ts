import { expect } from 'chai'

import { AssetNotFoundError } from '../../ts/index.js'
import { peer } from '../../ts/peer.js'

describe('a package that is no dependency', () => {
  it('is loaded when it is there', async () => {
    const { default: path } = await peer<{ default: { sep: string } }>('a test', 'node:path')
    expect(path.sep).to.be.a('string')
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
})
