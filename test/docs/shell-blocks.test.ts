import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

import { blocksOf, pages, read, root } from './markdown.js'

const { scripts, name } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  scripts: Record<string, string>
  name: string
}

/** What is wrong with a command, as far as can be told without running it; null when nothing is. */
function faultOf(command: string): string | null {
  const [, script] = /^npm run (?:--silent )?(\S+)/.exec(command) ?? []
  if (script !== undefined && !(script in scripts)) return `no script ${script}`
  const [, short] = /^npm (start|test)\b/.exec(command) ?? []
  if (short !== undefined && !(short in scripts)) return `no script ${short}`
  const [, file] = /^npx (?:tsx|mocha) (\S+)/.exec(command) ?? []
  if (file !== undefined && !existsSync(root + file)) return `no file ${file}`
  const [, installed] =
    /^(?:npm install|pnpm add|yarn add|bun add|deno add npm:)\s*(\S+)/.exec(command) ?? []
  if (installed !== undefined && installed !== name) return `installs ${installed}`
  return null
}

describe('documentation: blocks of shell', () => {
  const blocks = pages()
    .flatMap((page) => blocksOf(page, read(page)))
    .filter(({ language, notRun }) => language === 'sh' && notRun === null)

  for (const { page, line, code } of blocks) {
    it(`${page}:${line} calls what there is`, () => {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' })
      expect(status, stderr).to.equal(0)
      const faults = code.split('\n').map((command) => faultOf(command.trim()))
      expect(faults.filter((fault) => fault !== null)).to.deep.equal([])
    })
  }

  it('are told from wrong ones', () => {
    expect(faultOf('npm run nothing')).to.equal('no script nothing')
    expect(faultOf('npx tsx examples/nothing.ts')).to.equal('no file examples/nothing.ts')
    expect(faultOf('npm install gradlan')).to.equal('installs gradlan')
    expect(blocks).to.not.be.empty
  })
})
