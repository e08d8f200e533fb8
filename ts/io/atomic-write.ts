import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  promises,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { verify, verifySync, writeWholeSync } from './whole-file.js'

/**
 * Writes a file so that its name has the old content or the new one, never a part: to a temporary name
 * beside it, synced, read back and compared, then renamed. The file keeps its mode and, where this process may give it away, its
 * owner. A symbolic link stays one: what it points to is written. What is no regular file, a pipe, is
 * simply written to.
 *
 * @param token Makes the temporary name one of this writer's: `temporaryOf`.
 * @throws FormatError when what is read back is something else; what the file system throws.
 */
export async function writeAtomically(
  target: string | URL,
  bytes: Uint8Array,
  token: string = process.getBuiltinModule('node:crypto').randomUUID(),
): Promise<void> {
  const { path, old } = found(target)
  if (old?.isFile() === false) return promises.writeFile(path, bytes)
  const temporary = temporaryOf(path, token)
  let file: FileHandle | undefined
  try {
    file = await promises.open(temporary, 'wx+')
    await file.writeFile(bytes)
    if (old !== undefined) keepAttributes(file.fd, old)
    await file.sync()
    await verify(file, path, bytes)
    await file.close()
    file = undefined
    await promises.rename(temporary, path)
  } catch (error) {
    await file?.close()
    await promises.rm(temporary, { force: true })
    throw error
  }
  await syncFolder(path)
}

/** As `writeAtomically`, without a promise. */
export function writeAtomicallySync(
  target: string | URL,
  bytes: Uint8Array,
  token: string = process.getBuiltinModule('node:crypto').randomUUID(),
): void {
  const { path, old } = found(target)
  if (old?.isFile() === false) {
    writeFileSync(path, bytes)
    return
  }
  const temporary = temporaryOf(path, token)
  let file: number | undefined
  try {
    file = openSync(temporary, 'wx+')
    writeWholeSync(file, bytes)
    if (old !== undefined) keepAttributes(file, old)
    fsyncSync(file)
    verifySync(file, path, bytes)
    closeSync(file)
    file = undefined
    renameSync(temporary, path)
  } catch (error) {
    if (file !== undefined) closeSync(file)
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolderSync(path)
}

/** Where a write to a file goes first. @param path What `realFile` has returned. */
export function temporaryOf(path: string, token: string): string {
  return join(dirname(path), `.${basename(path)}.${token}.tmp`)
}

/**
 * The file that a name stands for, whatever symbolic links lead to it: one file has one. The last of them
 * may point to nothing yet.
 */
export function realFile(target: string | URL): string {
  let path = resolve(typeof target === 'string' ? target : fileURLToPath(target.href))
  for (let links = 0; links < 40; links++) {
    try {
      path = join(realpathSync(dirname(path)), basename(path))
      path = resolve(dirname(path), readlinkSync(path))
    } catch {
      return path // no link, or nothing there
    }
  }
  return path // a circle, which the system refuses to open
}

function found(target: string | URL): { path: string; old: Stats | undefined } {
  const path = realFile(target)
  return { path, old: statSync(path, { throwIfNoEntry: false }) }
}

function keepAttributes(file: number, old: Stats): void {
  const { uid, gid } = fstatSync(file)
  try {
    if (uid !== old.uid || gid !== old.gid) fchownSync(file, old.uid, old.gid)
  } catch {
    // Only the superuser can give a file away.
  }
  fchmodSync(file, old.mode & 0o7777)
}

// The rename itself is on disk once the folder is. Windows cannot open a folder; there the rename is
// as safe as the file system makes it.
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await promises.open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}

function syncFolderSync(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
