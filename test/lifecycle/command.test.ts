import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { buildDist, root, runNode } from './built.js'

const cli = path.join(root, 'dist', 'cli.js')

describe('the published command', function () {
  this.timeout(120_000)
  let folder = ''
  const at = (name: string): string => path.join(folder, name)

  before(() => {
    buildDist()
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-command-'))
    const rows = Array.from({ length: 100 }, (_, i) => `${i % 9},${'ab'[i % 2]!},${2 * (i % 9)}`)
    fs.writeFileSync(at('rows.csv'), ['x,kind,y', ...rows].join('\n'))
  })
  after(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })

  it('trains, then serves until SIGTERM', async () => {
    const files = ['--out', at('model.safetensors'), '--report', at('report.html')]
    const trained = runNode([cli, 'train', at('rows.csv'), '-t', 'y', '--epochs', '3', ...files])
    expect(trained.code, trained.stderr).to.equal(0)
    expect(trained.stdout).to.match(/^y: regression/)
    expect(fs.readFileSync(at('report.html'), 'utf8')).to.include('<title>y, from rows.csv')

    const server = spawn(process.execPath, [cli, 'serve', at('model.safetensors'), '--port', '0'])
    const exit = once(server, 'exit')
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    const url = String(line).trim()
    const page = await (await fetch(url)).text()
    expect(page).to.include('<label for="field-0">x</label>')
    const style = await (await fetch(`${url}page.css`)).text()
    expect(style).to.include('.desk').and.to.include('--paper')
    server.kill('SIGTERM')
    expect(await exit).to.deep.equal([0, null])
  })

  it('says what to install where Fastify is not there', () => {
    const dist = at('dist')
    fs.cpSync(path.join(root, 'dist'), dist, { recursive: true })
    fs.copyFileSync(path.join(root, 'package.json'), at('package.json'))
    const { code, stderr } = runNode(
      [path.join(dist, 'cli.js'), 'serve', at('model.safetensors'), '--port', '0'],
      { GRADLANE_BACKEND: 'reference' },
    )
    expect(code).to.equal(1)
    expect(stderr).to.include('npx -p gradlane -p fastify gradlane serve')
  })
})
