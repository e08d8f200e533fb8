import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Writes a file so that its name has the old content or the new one, never a part: to a temporary name
 * beside it, synced, then renamed.
 */
export async function writeAtomically(target: string | URL, bytes: Uint8Array): Promise<void> {
  const path = pathOf(target)
  const temporary = temporaryOf(path)
  let file: FileHandle | undefined
  try {
    file = await open(temporary, 'wx')
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
    file = undefined
    await rename(temporary, path)
  } catch (error) {
    await file?.close()
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(path)
}

/** As `writeAtomically`, without a promise. */
export function writeAtomicallySync(target: string | URL, bytes: Uint8Array): void {
  const path = pathOf(target)
  const temporary = temporaryOf(path)
  let file: number | undefined
  try {
    file = openSync(temporary, 'wx')
    writeFileSync(file, bytes)
    fsyncSync(file)
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

function pathOf(target: string | URL): string {
  return target instanceof URL ? fileURLToPath(target) : target
}

function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
}

// The rename itself is on disk once the folder is. Windows cannot open a folder; there the rename is
// as safe as the file system makes it.
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
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
