import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { expect } from 'chai'

import { LockedError } from '../../ts/errors.js'
import { temporaryOf } from '../../ts/io/atomic-write.js'
import { FileLock } from '../../ts/io/file-lock.js'
import { isRunning, startOf } from '../../ts/io/process-start.js'

type Holder = Record<string, unknown> & { token: string }

describe('a lock file', () => {
  let folder: string
  let file: string
  let lockFile: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-lock-'))
    file = path.join(folder, 'run')
    lockFile = path.join(folder, '.run.lock')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** What the lock file of this process says, changed, as another holder has left it. */
  function left(changes: object, silentMs = 0): Holder {
    rmSync(lockFile, { force: true })
    const lock = new FileLock(file, true)
    const holder = { ...(JSON.parse(readFileSync(lockFile, 'utf8')) as Holder), ...changes }
    lock.release()
    writeFileSync(lockFile, JSON.stringify(holder))
    const then = new Date(Date.now() - silentMs)
    utimesSync(lockFile, then, then)
    return holder
  }

  function free(): void {
    new FileLock(file, true).release()
    expect(readdirSync(folder)).to.deep.equal([])
  }

  function held(by: RegExp): void {
    const before = readdirSync(folder).sort()
    expect(() => new FileLock(file, true))
      .to.throw(LockedError, by)
      .with.property('code', 'ERR_LOCKED')
    expect(readdirSync(folder).sort()).to.deep.equal(before)
  }

  it('is held once, by whatever name, until it is released', function () {
    const lock = new FileLock(file, true)
    held(/another training of this process/)
    expect(() => new FileLock(path.join(folder, '.', 'x', '..', 'run'), false)).to.throw(
      LockedError,
    )
    if (process.platform !== 'win32') {
      mkdirSync(path.join(folder, 'd'))
      symlinkSync(path.join('..', 'run'), path.join(folder, 'd', 'link'))
      symlinkSync('d', path.join(folder, 'e'))
      expect(() => new FileLock(path.join(folder, 'e', 'link'), true)).to.throw(LockedError)
      for (const name of ['d', 'e']) rmSync(path.join(folder, name), { recursive: true })
    }
    const other = new FileLock(path.join(folder, 'run.ckpt'), true)
    other.release()
    lock.check()
    lock.release()
    free()
  })

  it('of a process that has ended is taken over, with its temporary file, and with no other', () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    const { token } = left({ pid })
    const others = [
      temporaryOf(path.join(folder, 'run.ckpt'), token),
      temporaryOf(file, 'notes'),
      temporaryOf(file, '9b2d1c6e-0000-4000-8000-000000000000'),
      path.join(folder, '.run.tmp'),
    ]
    for (const name of [...others, temporaryOf(file, token)]) writeFileSync(name, '')
    new FileLock(file, true).release()
    expect(existsSync(temporaryOf(file, token))).to.equal(false)
    for (const name of others) rmSync(name)
    free()
  })

  it('of a process whose number somebody else has now is taken over', () => {
    left({ start: '1' })
    free()
    left({ pid: process.ppid, start: '1' })
    free()
  })

  it('of a process that runs and has it open is not', async () => {
    writeFileSync(lockFile, '')
    const descriptor = openSync(lockFile, 'r+')
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
      stdio: ['ignore', 'ignore', descriptor],
    })
    closeSync(descriptor)
    await once(other, 'spawn')
    const { pid } = other
    const lock = new FileLock(path.join(folder, 'other'), true)
    const holder = JSON.parse(readFileSync(path.join(folder, '.other.lock'), 'utf8')) as Holder
    lock.release()
    writeFileSync(lockFile, JSON.stringify({ ...holder, pid, start: startOf(pid!) }))
    held(new RegExp(`being written by process ${pid}$`))
    other.kill('SIGKILL')
    await once(other, 'exit')
    free()
  })

  it('of this process counts while the file is open: its thread may have been terminated', () => {
    left({})
    free()
  })

  it('of a machine that was started anew since is taken over', function () {
    if (process.platform !== 'linux') this.skip()
    left({ boot: 'another' })
    free()
  })

  it('of another container or machine counts until it has been silent', () => {
    for (const changes of [{ host: 'elsewhere' }, { space: 'pid:[1]' }]) {
      left(changes)
      held(/process \d+ of .*if that is gone, try again in 30 s or remove .*\.run\.lock/)
      left(changes, 60_000)
      free()
      left({ ...changes, beats: false }, 3_600_000)
      held(/if that is gone, remove .*\.run\.lock/)
    }
  })

  it('that says nothing counts for as long as it takes to write one', () => {
    const odd = ['', '{"token":"a"}', '[]', 'null', '{']
    const paths = JSON.stringify({ ...left({}), token: '../../../../etc/passwd/../x/y/zzzzzz' })
    for (const content of [...odd, paths]) {
      writeFileSync(lockFile, content)
      held(/somebody who does not say who; if that is gone, remove/)
      utimesSync(lockFile, 1, 1)
      free()
    }
  })

  it('that was taken away tells, and is not taken from who has it now', () => {
    const lock = new FileLock(file, true)
    rmSync(lockFile)
    expect(() => {
      lock.check()
    }).to.throw(LockedError, /taken away/)
    const next = new FileLock(file, true)
    expect(() => {
      lock.check()
    }).to.throw(LockedError)
    lock.release()
    next.check()
    next.release()
    free()
  })

  it('cannot be made where there is no folder', () => {
    expect(() => new FileLock(path.join(folder, 'missing', 'run'), true))
      .to.throw()
      .with.property('code', 'ENOENT')
  })

  it('of a process that was killed and not waited for counts for nothing', async function () {
    if (process.platform !== 'linux') this.skip()
    // A shell whose child has ended; the program it has become does not ask for it.
    const shell = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(shell.stdout, 'data')) as [Buffer]
    const pid = Number(line)
    while (startOf(pid) !== null) await setTimeout(5)
    expect(isRunning(pid, '')).to.equal(false)
    shell.kill()
  })
})
