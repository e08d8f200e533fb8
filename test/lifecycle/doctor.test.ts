import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { buildDist, type Outcome, root, runNode } from './built.js'

const { bin, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  bin: { gradlane: string }
  version: string
}
const platform = `${process.platform}-${process.arch}`

/** The command of the package in a folder. */
function gradlane(
  folder: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Outcome {
  return runNode([path.join(folder, bin.gradlane), ...args], variables)
}

describe('gradlane doctor', function () {
  this.timeout(60_000)
  let folder = ''

  before(() => {
    buildDist()
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-')))
    fs.cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true })
    fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'))
  })
  after(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })

  it('tells that the binary loads and computes, and what computes', () => {
    const { code, stdout, stderr } = gradlane(root, ['doctor'], { GRADLANE_ISA: 'baseline' })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.include(`gradlane ${version} in ${path.dirname(path.join(root, 'x'))}`)
    expect(stdout).to.match(/build\/Release\/gradlane\.node: for .*bytes/)
    expect(stdout).to.match(/It loads and computes: baseline of baseline/)
    expect(stdout).to.include('set: GRADLANE_ISA=baseline')
  })

  it('tells what was looked for, the reason and the fix, and fails', () => {
    const { code, stdout } = gradlane(folder, ['doctor'])
    expect(code).to.equal(1)
    expect(stdout).to.include(
      `${path.join(folder, 'build', 'Release', 'gradlane.node')}: not there`,
    )
    expect(stdout).to.include(path.join(folder, 'prebuilds', platform))
    expect(stdout).to.include('node-gyp-build: not installed')
    expect(stdout).to.match(/^reason: .+$/m)
    expect(stdout).to.match(/^fix: .*npm ci/m)
  })

  it('ends with one line to paste, without the folder of the package', () => {
    const file = path.join(folder, 'build', 'Release', 'gradlane.node')
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, 'a page that says 404')
    const { stdout } = gradlane(folder, ['doctor'])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.at(-2)).to.equal('To paste into an issue:')
    expect(lines.at(-1)).to.match(/^gradlane .* \| .* Node .* \| does not load: <gradlane>\S* ?.+$/)
    expect(lines.at(-1)).to.include(platform).and.not.include(folder)
  })

  it('tells of settings that keep it from loading', () => {
    const { code, stdout } = gradlane(root, ['doctor'], { GRADLANE_ISA: 'sse9' })
    expect(code).to.equal(1)
    expect(stdout).to.match(/^reason: GRADLANE_ISA=sse9 is unknown/m)
  })

  it('tells the same as JSON', () => {
    const { code, stdout } = gradlane(folder, ['doctor', '--json'])
    expect(code).to.equal(1)
    const told = JSON.parse(stdout) as { works: boolean; summary: string; lines: string[] }
    expect(told.works).to.equal(false)
    expect(told.lines.at(-1)).to.equal(told.summary)
    expect(told.summary).to.match(/^gradlane .* does not load/)
  })

  it('stands beside --version; what else is asked for is refused', () => {
    expect(gradlane(root, ['--version']).stdout).to.equal(`${version}\n`)
    const { code, stdout, stderr } = gradlane(root, ['docter'])
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(stderr).to.match(/^gradlane: unknown command 'docter'; did you mean doctor\?/)
  })
})
