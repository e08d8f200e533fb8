import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect } from 'chai'

import { places, platforms } from '../../ts/binaries.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const load = (file: string) => import(new URL(`../../scripts/${file}`, import.meta.url).href)
const { published } = (await load('package/published.mjs')) as { published: Record<string, string> }
const { each } = (await load('package/queue.mjs')) as {
  each: <T>(items: T[], jobs: number, body: (item: T) => Promise<void>) => Promise<Error[]>
}

/** A clone that was not built, as far as npm and the scripts look at it. */
function clone(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-clone-'))
  for (const entry of ['.npmrc', 'scripts']) {
    fs.cpSync(path.join(root, entry), path.join(folder, entry), { recursive: true })
  }
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as object
  const home = 'https://gradlane.dev'
  const addresses = { repository: `git+${home}/code.git`, homepage: home, bugs: home }
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ ...manifest, ...addresses }))
  return folder
}

function addBinaries(folder: string, files: string[]): void {
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(folder, 'prebuilds', file)), { recursive: true })
    fs.writeFileSync(path.join(folder, 'prebuilds', file), '')
  }
}

function addDist(folder: string): void {
  fs.mkdirSync(path.join(folder, 'dist'))
  fs.writeFileSync(path.join(folder, 'dist', 'index.js'), '')
}

describe('a release', () => {
  let folder = ''
  beforeEach(() => {
    folder = clone()
  })
  afterEach(() => {
    fs.rmSync(folder, { recursive: true })
  })

  // npm's settings of the caller (npm_config_*) are not those of the clone
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const npm = (...args: string[]) =>
    spawnSync('npm', args, {
      cwd: folder,
      encoding: 'utf8',
      env: Object.fromEntries(kept),
      shell: process.platform === 'win32',
    })
  const prepack = () =>
    spawnSync(process.execPath, ['scripts/prepack.mjs'], { cwd: folder, encoding: 'utf8' })
  const files = Object.values(published)

  it('is loaded by the files that it holds', () => {
    expect([...new Set(files.map((file) => path.posix.dirname(file)))]).to.have.members([
      ...platforms,
    ])
    for (const file of files) {
      const libc = /\.(glibc|musl)\./.exec(file)?.[1] as 'glibc' | 'musl' | undefined
      const found = places(path.posix.dirname(file), libc ?? null)
      expect(found).to.include(path.join(root, 'prebuilds', file))
    }
  })

  it('is not packed from a clone that was not built', () => {
    const { status, stderr } = npm('pack')
    expect(status).not.to.equal(0)
    expect(stderr).to.include('dist/ is missing').and.include('prebuilds/ holds no binary')
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'))).to.deep.equal([])
  })

  it('is packed for tests with what it lacks said', () => {
    addDist(folder)
    addBinaries(folder, files.slice(1))
    const { status, stderr } = prepack()
    expect(status).to.equal(0)
    expect(stderr).to.include('not for publishing').and.include(files[0])
    expect(stderr).not.to.include(files[1])
    addBinaries(folder, files.slice(0, 1))
    expect(prepack()).to.include({ status: 0, stderr: '' })
  })

  it('is not published without one of its binaries', () => {
    addDist(folder)
    addBinaries(folder, files.slice(0, -1))
    const { status, stderr } = npm('publish', '--dry-run')
    expect(status).not.to.equal(0)
    expect(stderr).to.include(`missing: ${files.at(-1)}`)
  })

  it('builds no platform that there is not', () => {
    const { status, stderr } = npm('run', 'release:build', '--', 'linux-arm')
    expect(status).not.to.equal(0)
    expect(stderr).to.include('linux-arm64-musl|win32-x64')
  })

  it('builds two at a time, and the rest where one fails', async () => {
    let running = 0
    let most = 0
    const ended: number[] = []
    const failures = await each([1, 2, 3, 4, 5], 2, async (item) => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      if (item === 2) throw new Error('of 2')
      ended.push(item)
    })
    expect(most).to.equal(2)
    expect(ended).to.deep.equal([1, 3, 4, 5])
    expect(failures.map(({ message }) => message)).to.deep.equal(['of 2'])
  })
})
