import path from 'node:path'

import { here, packageRoot, requireFrom } from './place.js'

/** This file lies one level below the package, in ts/ as in dist/, as the paths below want it. */
const require: (file: string) => unknown = requireFrom(here)

/** A place where a binary may lie. */
export interface Place {
  readonly file: string
  /** Written out, so that what follows the imports of a program finds the file. */
  readonly load: () => unknown
}

type Libc = 'glibc' | 'musl'

const built = () => require('../build/Release/gradlane.node')

const published: Readonly<Record<string, () => unknown>> = {
  'darwin-arm64/gradlane.node': () => require('../prebuilds/darwin-arm64/gradlane.node'),
  'darwin-x64/gradlane.node': () => require('../prebuilds/darwin-x64/gradlane.node'),
  'linux-arm64/gradlane.glibc.node': () => require('../prebuilds/linux-arm64/gradlane.glibc.node'),
  'linux-arm64/gradlane.musl.node': () => require('../prebuilds/linux-arm64/gradlane.musl.node'),
  'linux-x64/gradlane.glibc.node': () => require('../prebuilds/linux-x64/gradlane.glibc.node'),
  'linux-x64/gradlane.musl.node': () => require('../prebuilds/linux-x64/gradlane.musl.node'),
  'win32-x64/gradlane.node': () => require('../prebuilds/win32-x64/gradlane.node'),
}

/** Where binaries are published for, as `process.platform`-`process.arch`. */
export const platforms: readonly string[] = [
  ...new Set(Object.keys(published).map((name) => path.posix.dirname(name))),
]

/** Where a binary for this process may lie, the one that a source checkout builds first. */
export function places(platform: string, libc: Libc | null): Place[] {
  const name = `${platform}/gradlane.${libc === null ? '' : `${libc}.`}node`
  const load = published[name]
  const root = packageRoot()
  return [
    { file: path.join(root, 'build', 'Release', 'gradlane.node'), load: built },
    ...(load === undefined ? [] : [{ file: path.join(root, 'prebuilds', name), load }]),
  ]
}
