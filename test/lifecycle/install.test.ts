import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect } from 'chai'

import { buildDist, root, runProgram } from './built.js'

interface Report {
  backend?: string
  isa?: string | null
  supportedIsas?: string[]
  threads?: number
  relu?: number[]
  name?: string
  code?: string
  message?: string
  warnings: { name: string; code: string; message: string }[]
}

function report(packageRoot: string, variables: Record<string, string> = {}): Report {
  return reportOf(path.join(packageRoot, 'dist', 'index.js'), variables)
}

function reportOf(file: string, variables: Record<string, string> = {}): Report {
  const entry = pathToFileURL(file).href
  const { code, signal, stdout, stderr } = runProgram('report.mjs', [entry], variables)
  expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null })
  return JSON.parse(stdout) as Report
}

const platform = `${process.platform}-${process.arch}`

describe('an install', function () {
  this.timeout(60_000)
  let folder = ''

  before(buildDist)
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-'))
    fs.cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true })
    fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'))
    fs.cpSync(
      path.join(root, 'node_modules', 'node-gyp-build'),
      path.join(folder, 'node_modules', 'node-gyp-build'),
      { recursive: true },
    )
  })
  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })

  function putBinary(content: Uint8Array): void {
    const prebuilds = path.join(folder, 'prebuilds', platform)
    fs.mkdirSync(prebuilds, { recursive: true })
    fs.writeFileSync(path.join(prebuilds, 'gradlane.node'), content)
  }
  const builtBinary = (): Buffer =>
    fs.readFileSync(path.join(root, 'build', 'Release', 'gradlane.node'))

  it('with its binary computes natively and says nothing', () => {
    putBinary(builtBinary())
    const { backend, relu, warnings } = report(folder)
    expect({ backend, relu, warnings }).to.deep.equal({
      backend: 'native',
      relu: [0, 2],
      warnings: [],
    })
  })

  it('without a binary computes on the reference backend, with one warning', () => {
    const { backend, relu, warnings } = report(folder)
    expect({ backend, relu }).to.deep.equal({ backend: 'reference', relu: [0, 2] })
    expect(warnings).to.have.length(1)
    expect(warnings[0]?.code).to.equal('GRADLANE_REFERENCE_BACKEND')
    expect(warnings[0]?.message).to.include(path.join(folder, 'prebuilds', platform))
  })

  it('without a binary is silent when the reference backend was asked for', () => {
    const { backend, warnings } = report(folder, { GRADLANE_BACKEND: 'reference' })
    expect({ backend, warnings }).to.deep.equal({ backend: 'reference', warnings: [] })
  })

  it('without a binary raises an error with paths and reasons when native was asked for', () => {
    const { name, code, message, warnings } = report(folder, { GRADLANE_BACKEND: 'native' })
    expect({ name, code, warnings }).to.deep.equal({
      name: 'BindingNotFoundError',
      code: 'ERR_BINDING_NOT_FOUND',
      warnings: [],
    })
    expect(message).to.include(path.join(folder, 'prebuilds', platform))
    expect(message).to.include(platform)
    expect(message).to.match(/reason: .+/)
    expect(message).to.match(/fix: .+/)
  })

  const broken = {
    'that is no binary': () => Buffer.from('a page that says 404'),
    'that is empty': () => Buffer.alloc(0),
    'that ends within its header': () => builtBinary().subarray(0, 40),
    'that was cut short': () => builtBinary().subarray(0, 20_000),
    'that lacks its last byte': () => builtBinary().subarray(0, -1),
  }
  for (const [what, content] of Object.entries(broken)) {
    it(`with a file ${what} falls back with its reason, or raises it`, () => {
      putBinary(content())
      const { backend, warnings } = report(folder)
      expect(backend).to.equal('reference')
      expect(warnings).to.have.length(1)
      expect(warnings[0]?.message).to.match(/reason: .*gradlane\.node/)
      const { code, message } = report(folder, { GRADLANE_BACKEND: 'native' })
      expect(code).to.equal('ERR_BINDING_NOT_FOUND')
      expect(message).to.match(/reason: .*gradlane\.node/)
    })
  }

  describe('whose code a bundler has copied', () => {
    let app = ''

    /** A project with the code in its bundle/, and gradlane in its node_modules if `installed`. */
    function bundled(installed: boolean): string {
      putBinary(builtBinary())
      app = fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-app-'))
      fs.writeFileSync(path.join(app, 'package.json'), '{ "name": "app", "type": "module" }')
      fs.cpSync(path.join(root, 'dist'), path.join(app, 'bundle'), { recursive: true })
      const modules = path.join(app, 'node_modules')
      if (installed) fs.cpSync(folder, path.join(modules, 'gradlane'), { recursive: true })
      return path.join(app, 'bundle', 'index.js')
    }
    afterEach(() => {
      fs.rmSync(app, { recursive: true, force: true })
    })

    it('finds the binary of the installed package', () => {
      const { backend, relu, warnings } = reportOf(bundled(true))
      expect({ backend, relu, warnings }).to.deep.equal({
        backend: 'native',
        relu: [0, 2],
        warnings: [],
      })
    })

    for (const version of [null, '99.0.0']) {
      it(`says how to leave it out of the bundle ${version === null ? 'without one' : 'when that is another version'}`, () => {
        const entry = bundled(version !== null)
        if (version !== null) {
          const file = path.join(app, 'node_modules', 'gradlane', 'package.json')
          fs.writeFileSync(
            file,
            fs.readFileSync(file, 'utf8').replace(/("version": ")[^"]+/, `$1${version}`),
          )
        }
        const { backend, relu, warnings } = reportOf(entry)
        expect({ backend, relu }).to.deep.equal({ backend: 'reference', relu: [0, 2] })
        expect(warnings).to.have.length(1)
        const { code, message } = reportOf(entry, { GRADLANE_BACKEND: 'native' })
        expect(code).to.equal('ERR_BINDING_NOT_FOUND')
        for (const said of [message, warnings[0]?.message]) {
          expect(said).to.include('mark gradlane as external').and.to.include('--external:gradlane')
          expect(said).to.include("serverExternalPackages: ['gradlane']")
        }
      })
    }
  })

  describe('is told by environment variables', () => {
    beforeEach(() => {
      putBinary(builtBinary())
    })

    it('which ISA target to use', () => {
      const { supportedIsas = [] } = report(folder)
      expect(supportedIsas[0]).to.equal('baseline')
      for (const isa of supportedIsas) {
        expect(report(folder, { GRADLANE_ISA: isa }).isa).to.equal(isa)
      }
    })

    it('and refuses a target that is unknown or that this CPU lacks', () => {
      const { supportedIsas = [] } = report(folder)
      const lacking = ['avx2', 'avx512'].filter((isa) => !supportedIsas.includes(isa))
      for (const isa of ['sse9', 'AVX2', ...lacking]) {
        const { code, message, warnings } = report(folder, { GRADLANE_ISA: isa })
        expect({ code, warnings }).to.deep.equal({ code: 'ERR_VALUE', warnings: [] })
        expect(message).to.include(isa)
        expect(message).to.include(supportedIsas.join(', '))
      }
    })

    it('how many threads to use', () => {
      expect(report(folder, { GRADLANE_NUM_THREADS: '3' }).threads).to.equal(3)
      expect(report(folder, { GRADLANE_NUM_THREADS: '' }).threads).to.be.at.least(1)
    })

    for (const threads of ['0', '-1', '1.5', 'two', '99999999999']) {
      it(`and refuses ${threads} threads`, () => {
        const { code, message } = report(folder, { GRADLANE_NUM_THREADS: threads })
        expect(code).to.equal('ERR_VALUE')
        expect(message).to.include('GRADLANE_NUM_THREADS')
        expect(message).to.include(threads)
      })
    }

    it('which backend to use, and refuses one that does not exist', () => {
      const { code, message } = report(folder, { GRADLANE_BACKEND: 'cuda' })
      expect(code).to.equal('ERR_VALUE')
      expect(message).to.include('cuda')
    })
  })
})
