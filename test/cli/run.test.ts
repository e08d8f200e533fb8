import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { printable } from '../../ts/cli/printable.js'
import { info, io, tensor } from '../../ts/index.js'
import { version } from '../../ts/version.js'
import { gradlane } from '../support/command.js'

const commands = ['train', 'predict', 'serve', 'inspect', 'bench', 'info', 'doctor']

describe('command line: commands', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-cli-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('are listed on standard output where one asks, on standard error where one errs', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await gradlane(args)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      for (const name of commands) expect(stdout).to.match(new RegExp(`^ {2}${name} +\\S`, 'm'))
    }
    const { code, stdout, stderr } = await gradlane([])
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(stderr).to.match(/^usage: gradlane <command>/)
    const unknown = await gradlane(['docter'])
    expect(unknown).to.include({ code: 2, stdout: '' })
    expect(unknown.stderr).to.match(/^gradlane: unknown command 'docter'; did you mean doctor\?/)
    expect(await gradlane(['constructor'])).to.include({ code: 2 })
  })

  it('tell the version', async () => {
    expect(await gradlane(['--version'])).to.deep.equal({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    })
  })

  for (const name of commands) {
    it(`${name} helps, and refuses what it does not know`, async () => {
      const help = await gradlane([name, '--help'])
      expect(help).to.include({ code: 0, stderr: '' })
      expect(help.stdout)
        .to.match(new RegExp(`^usage: gradlane ${name}`))
        .and.to.include('--help')
      const { code, stdout, stderr } = await gradlane([name, '--josn', '--epohcs'])
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr).to.match(new RegExp(`^gradlane ${name}: unknown option --josn`))
      expect(stderr).to.include(`gradlane ${name} --help`)
    })
  }

  it('info tells what info() does', async () => {
    const { stdout } = await gradlane(['info', '--json'])
    expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(JSON.stringify(info())))
    expect((await gradlane(['info'])).stdout).to.match(new RegExp(`^gradlane +${version}$`, 'm'))
  })

  it('bench times each network', async () => {
    const { code, stdout, stderr } = await gradlane([
      ...['bench', '--rounds', '1', '--seconds', '0.001', '--json'],
    ])
    expect(code, stderr).to.equal(0)
    const { results } = JSON.parse(stdout) as { results: Record<string, unknown>[] }
    expect(results.map(({ network }) => network)).to.deep.equal(['table', 'digits', 'images'])
    for (const { stepMicroseconds, rowMicroseconds } of results) {
      expect(stepMicroseconds).to.be.a('number').above(0)
      expect(rowMicroseconds).to.be.a('number').above(0)
    }
  })

  it('inspect lists the tensors of any safetensors file', async () => {
    const file = join(folder, 'weights.safetensors')
    const metadata = { epoch: '3', '\u001b[31m': 'red' }
    await io.saveSafetensors({ 'a.weight': tensor([[1, 2]]), b: tensor([1]) }, file, { metadata })
    const { code, stdout } = await gradlane(['inspect', file])
    expect(code).to.equal(0)
    expect(stdout).to.include('epoch: 3').and.to.include('\\u001b[31m: red')
    expect(stdout).to.match(/a\.weight +float32 +\(1, 2\)/)
    const json = JSON.parse((await gradlane(['inspect', file, '--json'])).stdout) as object
    expect(json).to.have.nested.property('tensors[0].name', 'a.weight')
    expect(json).to.have.nested.property('metadata.epoch', '3')
  })

  it('fail with the code of what went wrong, without a stack', async () => {
    const file = join(folder, 'none.safetensors')
    const missing = await gradlane(['inspect', file])
    expect(missing).to.include({ code: 1, stdout: '' })
    expect(missing.stderr).to.match(/^gradlane inspect: ENOENT: .*none\.safetensors/)
    writeFileSync(file, 'no tensors')
    const { code, stderr } = await gradlane(['inspect', file])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^gradlane inspect: ERR_FORMAT: /)
    expect(stderr.trim().split('\n')).to.have.length(1)
  })

  it('end with 130 where the user ends them', async () => {
    const { code } = await gradlane(
      ['inspect', join(folder, 'nothing')],
      '',
      AbortSignal.abort(new Error('ended')),
    )
    expect(code).to.equal(130)
  })

  it('print no text that a terminal obeys', () => {
    const text = 'a\tb\n\u001b]0;title\u0007\u009b31m\r\u202eabc\u2066\u2028é漢🎉'
    expect(printable(text)).to.equal(
      'a\tb\n\\u001b]0;title\\u0007\\u009b31m\\u000d\\u202eabc\\u2066\\u2028é漢🎉',
    )
  })
})
