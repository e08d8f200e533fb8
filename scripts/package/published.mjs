// The binaries that a release holds, by the name of their platform; where they lie in prebuilds/.
// ts/binaries.ts loads these files.
import fs from 'node:fs'
import path from 'node:path'

export const published = {
  'linux-x64': 'linux-x64/gradlane.glibc.node',
  'linux-arm64': 'linux-arm64/gradlane.glibc.node',
  'linux-x64-musl': 'linux-x64/gradlane.musl.node',
  'linux-arm64-musl': 'linux-arm64/gradlane.musl.node',
  'win32-x64': 'win32-x64/gradlane.node',
  'darwin-arm64': 'darwin-arm64/gradlane.node',
  'darwin-x64': 'darwin-x64/gradlane.node',
}

/** The binaries that lie in a folder like prebuilds/, as `published` writes them. */
export function binariesIn(folder) {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true })
    .map((entry) => entry.toString().replaceAll(path.sep, '/'))
    .filter((name) => name.endsWith('.node'))
    .sort()
}

/** The platforms whose binary is not among those names. */
export function missingFrom(names) {
  return Object.keys(published).filter((platform) => !names.includes(published[platform]))
}
