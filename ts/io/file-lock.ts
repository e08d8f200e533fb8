import {
  closeSync,
  fstatSync,
  futimesSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { LockedError } from '../errors.js'
import { realFile, temporaryOf } from './atomic-write.js'
import { isRunning, startOf } from './process-start.js'

/** Who holds a lock, as its file tells. */
interface Holder {
  readonly token: string
  readonly pid: number
  readonly start: string
  /** Where process numbers mean something: a machine, since it was booted, and a container on it. */
  readonly host: string
  readonly boot: string
  readonly space: string
  /** Whether it shows every few seconds that it lives. */
  readonly beats: boolean
}

/** Why a lock counts. */
interface Claim {
  readonly by: string
  readonly hint?: string
}

const BEAT_MS = 5000

/** After so long a process of another container that should have shown that it lives is dead. */
const SILENCE_MS = 30_000

/** So long a lock may say nothing; it is written in a moment, unless the machine goes down in it. */
const UNREADABLE_MS = 10_000

/**
 * The right to write a file, until it is released or its thread ends. Others see it in a file beside
 * that, `.<name>.lock`, which names the process and its start. A lock whose holder is dead is taken over,
 * by one, who also removes the temporary file that the dead has left.
 *
 * The lock's file stays open while it is held: Node closes what a thread leaves open, so a lock is alive
 * as long as its process has the file open (Windows and macOS tell of their own process alone). A process
 * of another container cannot be looked up; it shows that it lives by touching the file.
 */
export class FileLock {
  /** Unique. Temporary files of the holder have it in their names: `temporaryOf`. */
  readonly token = process.getBuiltinModule('node:crypto').randomUUID()
  /** What is locked, through all links. */
  readonly file: string
  readonly #path: string
  readonly #descriptor: number
  readonly #beat: NodeJS.Timeout | undefined

  /**
   * @param beats Whether the event loop will turn while the lock is held.
   * @throws LockedError when another holds it; what the file system throws.
   */
  constructor(target: string, beats: boolean) {
    this.file = realFile(target)
    this.#path = join(dirname(this.file), `.${basename(this.file)}.lock`)
    const holder: Holder = { token: this.token, ...thisProcess(), beats }
    const descriptor = acquire(this.#path, holder, this.file)
    this.#descriptor = descriptor
    if (!beats) return
    this.#beat = setInterval(() => {
      beat(descriptor)
    }, BEAT_MS).unref()
  }

  /** @throws LockedError when the lock was removed or taken over. */
  check(): void {
    if (isOpen(this.#path, [this.#descriptor])) return
    throw new LockedError(`${this.file}: its lock, ${this.#path}, was taken away from this process`)
  }

  release(): void {
    clearInterval(this.#beat)
    if (isOpen(this.#path, [this.#descriptor])) rmSync(this.#path, { force: true })
    closeSync(this.#descriptor)
  }
}

/**
 * Makes the lock's file, complete when it appears, and returns its descriptor.
 *
 * Of those that find a dead lock, one may replace it: the holder of a second lock, which is named after the
 * dead one. Should that one die, the same goes for its lock.
 */
function acquire(path: string, holder: Holder, file: string): number {
  const own = `${path}.${holder.token}`
  const descriptor = openSync(own, 'wx')
  try {
    writeSync(descriptor, JSON.stringify(holder))
    for (;;) {
      const placed = place(own, path, descriptor)
      if (placed !== undefined) return placed
      const found = holderOf(path)
      if (found === undefined) continue // it was released meanwhile
      const claim = claimOf(found, path, fstatSync(descriptor))
      if (claim !== null) {
        const hint = claim.hint === undefined ? '' : `; ${claim.hint}`
        throw new LockedError(`${file}: it is being written by ${claim.by}${hint}`)
      }
      if (replaced(path, own, found, holder, file)) return descriptor
    }
  } catch (error) {
    closeSync(descriptor)
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

/** Puts our file in the place of a dead lock, unless somebody else has done something about it. */
function replaced(
  path: string,
  own: string,
  dead: Holder | null,
  holder: Holder,
  file: string,
): boolean {
  const right = `${path}.${dead?.token ?? 'unreadable'}.lock`
  const descriptor = acquire(right, holder, file)
  try {
    const found = holderOf(path)
    if (found === undefined || found?.token !== dead?.token) return false
    // It carries the token of the dead, so nobody else has made it.
    if (dead !== null) rmSync(temporaryOf(file, dead.token), { force: true })
    renameSync(own, path)
    return true
  } finally {
    rmSync(right, { force: true })
    closeSync(descriptor)
  }
}

/** Gives our file the lock's name if that is free; returns the descriptor of what then has it. */
function place(own: string, path: string, descriptor: number): number | undefined {
  try {
    linkSync(own, path)
    return descriptor
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
  }
  // A file system without links. For a moment the lock does not say whose it is.
  try {
    const copy = openSync(path, 'wx')
    writeSync(copy, readFileSync(own))
    closeSync(descriptor)
    return copy
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

function beat(descriptor: number): void {
  try {
    futimesSync(descriptor, new Date(), new Date())
  } catch {
    // `check` will tell when the file is gone
  }
}

/** Who holds a lock; null when its file does not tell, undefined when there is none. */
function holderOf(path: string): Holder | null | undefined {
  try {
    const { token, pid, start, host, boot, space, beats } = parsed(readFileSync(path, 'utf8'))
    const words = [token, start, host, boot, space].every((word) => typeof word === 'string')
    if (!words || !Number.isSafeInteger(pid) || !/^[0-9a-f-]{36}$/.test(String(token))) return null
    return { token, pid, start, host, boot, space, beats: beats === true } as Holder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The fields of a text of JSON; none where it is not such a text. */
function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}

/**
 * Why a lock counts; null when its holder is dead.
 *
 * @param fresh Of a file that was written just now, by the clock of the file system.
 */
function claimOf(holder: Holder | null, path: string, fresh: Stats): Claim | null {
  const hint = `if that is gone, remove ${path}`
  const lock = statSync(path, { throwIfNoEntry: false })
  const silence = fresh.mtimeMs - (lock?.mtimeMs ?? -Infinity)
  if (holder === null) {
    return silence > UNREADABLE_MS ? null : { by: 'somebody who does not say who', hint }
  }
  const { pid, start, host, boot, space, beats } = holder
  const here = thisProcess()
  const by = `process ${pid}`
  if (host === here.host && boot !== here.boot) return null
  if (host !== here.host || space !== here.space) {
    if (beats && silence > SILENCE_MS) return null
    const wait = beats ? `try again in ${SILENCE_MS / 1000} s or ` : ''
    return { by: `${by} of ${host}`, hint: `if that is gone, ${wait}remove ${path}` }
  }
  if (pid === here.pid && start === here.start) {
    return isOpen(path, descriptors()) ? { by: 'another training of this process' } : null
  }
  return isRunning(pid, start) && !hasLetGo(pid, path) ? { by } : null
}

/** Whether another process has closed the file: the thread that held the lock has ended. */
function hasLetGo(pid: number, path: string): boolean {
  if (process.platform !== 'linux') return false // nobody tells
  const file = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (file === undefined) return true
  try {
    return !readdirSync(`/proc/${pid}/fd`).some((name) => {
      const open = statSync(`/proc/${pid}/fd/${name}`, { bigint: true, throwIfNoEntry: false })
      return open?.ino === file.ino && open.dev === file.dev
    })
  } catch {
    return false // it belongs to another user
  }
}

/** Whether one of the descriptors is the file of that name. */
function isOpen(path: string, candidates: readonly number[]): boolean {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (file === undefined) return false
  return candidates.some((descriptor) => {
    try {
      const { ino, dev } = fstatSync(descriptor, { bigint: true })
      return ino === file.ino && dev === file.dev
    } catch {
      return false // closed meanwhile by another thread
    }
  })
}

/** The open files of this process. Windows does not list them: there the first ones, where ours are. */
function descriptors(): number[] {
  if (process.platform === 'win32') return Array.from({ length: 2048 }, (_, i) => i)
  return readdirSync('/dev/fd').map(Number)
}

let known: Pick<Holder, 'pid' | 'start' | 'host' | 'boot' | 'space'> | undefined

function thisProcess(): NonNullable<typeof known> {
  return (known ??= {
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    host: process.getBuiltinModule('node:os').hostname(),
    boot: told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    space: told(() => readlinkSync('/proc/self/ns/pid')),
  })
}

/** What the system tells; nothing where it does not. */
function told(ask: () => string): string {
  try {
    return ask()
  } catch {
    return ''
  }
}
