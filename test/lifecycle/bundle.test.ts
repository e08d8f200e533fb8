import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'

import { expect } from 'chai'

import * as sources from '../../ts/index.js'
import { buildDist, root, runProgram } from './built.js'
import { namesOf } from './programs/names.mjs'

interface Entries {
  oneInstance: boolean
  version: string
  names: Record<string, string>
  commonNames: Record<string, string>
  commonRelu: number[]
}

describe('the published bundle', () => {
  let entries: Entries

  before(() => {
    buildDist()
    const { stdout, stderr } = runProgram('entries.mjs')
    expect(stdout, stderr).not.to.equal('')
    entries = JSON.parse(stdout) as Entries
  })

  it('exports what the sources do, under the same names', () => {
    expect(entries.names).to.deep.equal(namesOf(sources))
  })

  it('exports the same as CommonJS, for tools that cannot require a module', () => {
    expect(entries.commonNames).to.deep.equal(namesOf(sources))
    expect(entries.commonRelu).to.deep.equal([0, 2])
  })

  it('is one instance for import and require', () => {
    expect(entries.oneInstance).to.equal(true)
  })

  it('knows its version', () => {
    const text = readFileSync(path.join(root, 'package.json'), 'utf8')
    expect(entries.version).to.equal((JSON.parse(text) as { version: string }).version)
  })

  it('imports nothing but Node and itself', () => {
    const files = readdirSync(path.join(root, 'dist')).filter((name) => /\.c?js$/.test(name))
    expect(files).to.include.members(['index.js', 'index.cjs', 'cli.js', 'page.js', 'page.cjs'])
    for (const file of files) {
      const text = readFileSync(path.join(root, 'dist', file), 'utf8')
      const found = text.matchAll(/^(?:import .*? from|.*\brequire\() ?"([^"]+)"/gm)
      const foreign = Array.from(found, ([, name]) => name!).filter(
        (name) => !isBuiltin(name) && !/^\.\/[\w-]+\.c?js$|\.node$/.test(name),
      )
      expect(foreign, file).to.deep.equal([])
    }
  })

  // Each of the others takes a millisecond of every program: one is loaded when it is needed; node:process and
  // node:fs/promises are `process` and `promises` of node:fs. `import` would call the getters of all.
  it('loads few modules of Node at once, without import, in ASCII alone', () => {
    for (const file of ['index.js', 'core.js']) {
      const text = readFileSync(path.join(root, 'dist', file), 'utf8')
      const found = text.matchAll(/^var .*getBuiltinModule\("node:([^"]+)"\)/gm)
      const few = ['fs', 'module', 'path', 'timers/promises', 'url', 'util']
      const loaded = file === 'core.js' ? few : []
      // What is evaluated later takes them once more.
      expect([...new Set(Array.from(found, ([, name]) => name!))]).to.have.members(loaded)
      expect(text, file).not.to.match(/^import .*"node:/m)
      expect(text, file).not.to.match(/[^\0-\x7f]/)
    }
  })

  it('has a licence for what the page carries along', () => {
    const page = readFileSync(path.join(root, 'dist', 'page.js'), 'utf8')
    expect(page).to.include('The MIT License (MIT)').and.to.include('Leon Sorokin')
  })
})
