import fs from 'node:fs'
import path from 'node:path'

/** When the file, or anything in the folder, changed last; a folder changes when a file in it goes. 0: not there. */
export function newestTime(entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(
    stat.mtimeMs,
    ...fs.readdirSync(entry).map((name) => newestTime(path.join(entry, name))),
  )
}
