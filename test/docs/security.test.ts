import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect } from 'chai'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('SECURITY.md', () => {
  const text = fs.readFileSync(path.join(root, 'SECURITY.md'), 'utf8')

  it('names a test that is there for every promise', () => {
    const promises = text.split('\n').filter((line) => /^\| (?!-|promise)/.test(line))
    expect(promises.length).to.be.above(10)
    for (const promise of promises) {
      const files = Array.from(promise.matchAll(/`((?:test|native)\/[^`]+)`/g), ([, file]) => file!)
      expect(files, promise).to.not.be.empty
      for (const file of files) expect(fs.existsSync(path.join(root, file)), file).to.equal(true)
    }
  })
})
