import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

import { expect } from 'chai'

import { buildDist, root, runProgram } from './built.js'

interface Report {
  backend?: string
  code?: string
  message?: string
  warnings: { message: string }[]
}

const platform = `${process.platform}-${process.arch}`
const { glibcVersionRuntime } = (
  process.report.getReport() as { header: { glibcVersionRuntime?: string } }
).header
const libc = process.platform === 'linux' ? (glibcVersionRuntime ? 'glibc.' : 'musl.') : ''

const preloaded = (name: string): string =>
  pathToFileURL(path.join(root, 'test', 'lifecycle', 'programs', name)).href

describe('a binary', function () {
  this.timeout(60_000)
  let folder = ''

  before(buildDist)
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-')))
    fs.cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true })
    fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'))
  })
  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })

  function put(content: Uint8Array, name = `gradlane.${libc}node`): string {
    const prebuilds = path.join(folder, 'prebuilds', platform)
    fs.mkdirSync(prebuilds, { recursive: true })
    fs.writeFileSync(path.join(prebuilds, name), content)
    return path.join(prebuilds, name)
  }
  const binary = (): Buffer => fs.readFileSync(path.join(root, 'build', 'Release', 'gradlane.node'))

  function report(variables: Record<string, string> = {}, node: readonly string[] = []): Report {
    const entry = pathToFileURL(path.join(folder, 'dist', 'index.js')).href
    const { code, signal, stdout, stderr } = runProgram('report.mjs', [entry], variables, node)
    expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null })
    return JSON.parse(stdout) as Report
  }

  /** What the error says when the native backend was asked for. */
  function complaint(node: readonly string[] = []): string {
    const { code, message = '' } = report({ GRADLANE_BACKEND: 'native' }, node)
    expect(code).to.equal('ERR_BINDING_NOT_FOUND')
    return message
  }

  it('is found without node-gyp-build', () => {
    put(binary())
    const { backend, warnings } = report()
    expect({ backend, warnings }).to.deep.equal({ backend: 'native', warnings: [] })
  })

  it('is chosen by the C library of the process, whatever the system looks like', function () {
    if (process.platform !== 'linux') this.skip()
    put(binary())
    // What node-gyp-build reads in the place of /etc/alpine-release.
    expect(report({ LIBC: libc === 'glibc.' ? 'musl' : 'glibc' }).backend).to.equal('native')
    // A process that reports no glibc runs on musl.
    put(binary(), 'gradlane.musl.node')
    put(Buffer.from('for others'), 'gradlane.glibc.node')
    expect(report({}, ['--import', preloaded('musl.mjs')]).backend).to.equal('native')
  })

  it('that is missing, together with node-gyp-build, is told with the way out', () => {
    const message = complaint()
    expect(message).to.include(path.join(folder, 'prebuilds', platform, `gradlane.${libc}node`))
    expect(message).to.match(/reason: .*node-gyp-build.* is not installed/)
    expect(message).to.match(/fix: the installation is damaged .*npm ci/)
  })

  it('of another machine is told as that', function () {
    if (process.platform !== 'linux') this.skip()
    const content = binary()
    const [machine, name] = process.arch === 'arm64' ? [62, 'x64'] : [183, 'arm64']
    content.writeUInt16LE(machine, 0x12)
    const file = put(content)
    const message = complaint()
    expect(message).to.include(`reason: ${file} was made for linux-${name}`)
    expect(message).to.match(/fix: the file belongs to another machine/)
  })

  it('that was cut short is told as that', () => {
    const file = put(binary().subarray(0, -1))
    const message = complaint()
    expect(message).to.include(`reason: ${file} is incomplete`)
    expect(message).to.match(/fix: the copy of the file was interrupted/)
  })

  it('in a bundle is left behind, and each bundler has its line', () => {
    // The code lies in somebody else's package.
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "name": "app", "type": "module" }')
    const message = complaint()
    expect(message).to.match(/fix: mark gradlane as external/)
    for (const line of ['--external:gradlane', 'serverExternalPackages', 'commonjs gradlane']) {
      expect(message).to.include(line)
    }
  })

  it('that Node may not load is told with the flag', () => {
    put(binary())
    const { allowedNodeEnvironmentFlags: flags } = process
    const permission = flags.has('--permission') ? '--permission' : '--experimental-permission'
    const message = complaint([permission, '--allow-fs-read=*'])
    expect(message).to.match(/fix: add `--allow-addons`/)
    expect(complaint(['--no-addons'])).to.match(/fix: start Node without `--no-addons`/)
  })

  it('that Node may not read is told with the flags', () => {
    const file = put(binary())
    const { allowedNodeEnvironmentFlags: flags } = process
    const permission = flags.has('--permission') ? '--permission' : '--experimental-permission'
    const readable = [path.join(folder, 'dist'), path.join(root, 'test')]
    const packageFile = path.join(folder, 'package.json')
    const message = complaint([
      permission,
      ...[...readable, packageFile].map((name) => `--allow-fs-read=${name}`),
    ])
    expect(message).to.include(file)
    expect(message).to.include(`--allow-fs-read=${folder}`).and.include('--allow-addons')
  })

  it('is looked for by node-gyp-build alone where GRADLANE_PREBUILD says so', () => {
    put(Buffer.from('a page that says 404'))
    const elsewhere = path.join(folder, 'elsewhere')
    fs.mkdirSync(path.join(elsewhere, 'prebuilds', platform), { recursive: true })
    fs.writeFileSync(path.join(elsewhere, 'prebuilds', platform, 'gradlane.node'), binary())
    const nodeGypBuild = path.join('node_modules', 'node-gyp-build')
    fs.cpSync(path.join(root, nodeGypBuild), path.join(folder, nodeGypBuild), { recursive: true })
    expect(report({ GRADLANE_PREBUILD: elsewhere }).backend).to.equal('native')
  })

  describe('where the process may not ask for anything (Deno without its permissions)', () => {
    const forbidding = preloaded('forbidding.mjs')

    it('is loaded all the same', function () {
      if (libc === 'musl.') this.skip() // Deno is made for glibc
      put(binary())
      const { backend, warnings } = report({}, ['--import', forbidding])
      expect({ backend, warnings }).to.deep.equal({ backend: 'native', warnings: [] })
    })

    it('has the reference for its fallback, and info()', () => {
      const { backend, warnings } = report({}, ['--import', forbidding])
      expect(backend).to.equal('reference')
      expect(warnings).to.have.length(1)
    })
  })
})
