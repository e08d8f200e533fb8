import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect } from 'chai'

import { figuresOf } from '../../benchmarks/lists.js'

describe('results of benchmarks', () => {
  it('hold no folder of the machine that they were made on', () => {
    const results = fileURLToPath(new URL('../../benchmarks/results/', import.meta.url))
    const files = readdirSync(results)
    expect(files).to.not.be.empty
    for (const file of files) {
      const text = readFileSync(path.join(results, file), 'utf8')
      const found = /(?:\/(?:tmp|home|root|work|Users|private|var)\/|[A-Z]:\\\\)[^"\s]*/.exec(text)
      expect(found?.[0], file).to.equal(undefined)
    }
  })

  it('name the file of a program without its temporary folder', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-figures-'))
    try {
      const file = path.join(folder, 'figures.json')
      const program = `require('fs').writeFileSync(process.argv[1],
        JSON.stringify({ command: 'bench --json ' + process.argv[1], results: [{ ms: 1 }] }))`
      expect(figuresOf(process.execPath, ['-e', program, file], file)).to.deep.equal({
        command: 'bench --json figures.json',
        results: [{ ms: 1 }],
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
