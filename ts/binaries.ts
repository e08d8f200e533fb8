import path from 'node:path'

import { packageRoot } from './place.js'

type Libc = 'glibc' | 'musl'

const published: readonly string[] = [
  'darwin-arm64/gradlane.node',
  'darwin-x64/gradlane.node',
  'linux-arm64/gradlane.glibc.node',
  'linux-arm64/gradlane.musl.node',
  'linux-x64/gradlane.glibc.node',
  'linux-x64/gradlane.musl.node',
  'win32-x64/gradlane.node',
]

/** Where binaries are published for, as `process.platform`-`process.arch`. */
export const platforms: readonly string[] = [
  ...new Set(published.map((name) => path.posix.dirname(name))),
]

/**
 * Files that may be the binary for this process, the one that a source checkout builds first. They are put
 * together when asked for: a `require` with the path written out is one that bundlers follow, and then refuse a
 * file that they cannot hold.
 */
export function places(platform: string, libc: Libc | null): string[] {
  const wanted = `${platform}/gradlane.${libc === null ? '' : `${libc}.`}node`
  const root = packageRoot()
  return [
    path.join(root, 'build', 'Release', 'gradlane.node'),
    ...published
      .filter((name) => name === wanted)
      .map((name) => path.join(root, 'prebuilds', name)),
  ]
}
