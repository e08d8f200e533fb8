import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { root } from './markdown.js'

describe('scripts/check-address.mjs', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-address-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  const complaintAbout = (manifest: object): string => {
    const file = join(folder, 'package.json')
    writeFileSync(file, JSON.stringify(manifest))
    const { status, stderr } = spawnSync(
      process.execPath,
      [`${root}scripts/check-address.mjs`, file],
      { encoding: 'utf8' },
    )
    expect(status).to.equal(stderr === '' ? 0 : 1)
    return stderr
  }

  it('refuses a package without addresses, and those that are nobody’s', () => {
    expect(complaintAbout({})).to.include('fill in repository, homepage, bugs,')
    const repository = { type: 'git', url: 'git+https://github.com/gradlane/gradlane.git' }
    expect(complaintAbout({ repository, homepage: 'https://example.com' })).to.include(
      'fill in homepage, bugs,',
    )
    expect(complaintAbout({ repository, homepage: 'no address', bugs: {} })).to.include('homepage')
  })

  it('lets a package with addresses pass', () => {
    const site = 'https://github.com/gradlane/gradlane'
    const repository = { type: 'git', url: `git+${site}.git` }
    expect(
      complaintAbout({ repository, homepage: site, bugs: { url: `${site}/issues` } }),
    ).to.equal('')
  })
})
