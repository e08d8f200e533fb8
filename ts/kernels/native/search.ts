import fs from 'node:fs'
import path from 'node:path'

import { places } from '../../binaries.js'
import { isAlone, packageRoot, requireFrom } from '../../place.js'
import { reasonOf } from '../../show.js'
import { environmentVariable } from '../environment.js'
import { type BinaryFile, binaryFile } from './binary-file.js'
import { libc, platform } from './runtime.js'

/** The package: `path` finds the file for this platform or throws. */
interface NodeGypBuild {
  path(directory: string): string
}

/** What was found where a binary may lie: undefined is nothing, a text what kept it from being read. */
export interface Finding {
  readonly file: string
  readonly found: BinaryFile | undefined | string
}

export interface Findings {
  readonly places: readonly Finding[]
  /** The version of node-gyp-build, which knows further names and places; null where it is not installed. */
  readonly nodeGypBuild: string | null
  /** What node-gyp-build came to, where it found something. */
  readonly further: Finding | null
  /** Other platforms that a binary is there for: the names of folders. */
  readonly others: readonly string[]
  /** Whether a bundler has put the code elsewhere, and no package of this version is installed beside it. */
  readonly bundled: boolean
  readonly checkout: boolean
}

/**
 * Loads the binary for this process: the first that is there, whether it loads or not. What stands in
 * `GRADLANE_PREBUILD` comes first, then the places of `binaries.ts`, then what node-gyp-build finds.
 *
 * @throws what kept the binary from being loaded.
 */
export function loadBinary(): unknown {
  let unreadable: unknown
  for (const file of environmentVariable('GRADLANE_PREBUILD') ? [] : ownPlaces()) {
    try {
      refuseUnusable(file)
      return requireFrom(file)(file)
    } catch (error) {
      if (isDenied(error)) unreadable ??= error
      else if (!isMissing(error)) throw error
    }
  }
  try {
    const file = nodeGypBuild().path(packageRoot())
    refuseUnusable(file)
    return requireFrom(file)(file)
  } catch (error) {
    throw unreadable ?? error
  }
}

const ownPlaces = (): string[] => places(platform, libc()?.name ?? null)

/** Looks at all places again, to tell of them. */
export function look(): Findings {
  const own = ownPlaces().map(findingOf)
  return {
    places: own,
    nodeGypBuild: nodeGypBuildVersion(),
    further: furtherFinding(own),
    others: namesIn(path.join(packageRoot(), 'prebuilds')).filter((name) => name !== platform),
    bundled: isAlone(),
    checkout: namesIn(packageRoot()).includes('binding.gyp'),
  }
}

/** @throws Error when the file is there and cannot be loaded. */
function refuseUnusable(file: string): void {
  const found = binaryFile(file)
  if (found === undefined) return
  if (found.cut) throw new Error(`${file} is incomplete`)
  if (found.platform !== null && found.platform !== platform) {
    throw new Error(`${file} was made for ${found.platform}`)
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'MODULE_NOT_FOUND'
}

/** Whether the process may not even read the file; the next one perhaps. */
function isDenied(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'ERR_ACCESS_DENIED' || code === 'EACCES' || code === 'EPERM'
}

/** Finds what the package depends on. */
const requireOfPackage = (): NodeJS.Require => requireFrom(path.join(packageRoot(), 'package.json'))

/** @throws Error when it is not installed. */
function nodeGypBuild(): NodeGypBuild {
  try {
    return requireOfPackage()('node-gyp-build') as NodeGypBuild
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new Error(
      'no binary for this process is there, and node-gyp-build, which knows further places, is not installed',
      { cause: error },
    )
  }
}

function nodeGypBuildVersion(): string | null {
  try {
    return (requireOfPackage()('node-gyp-build/package.json') as { version: string }).version
  } catch {
    return null
  }
}

function furtherFinding(own: readonly Finding[]): Finding | null {
  try {
    const file = nodeGypBuild().path(packageRoot())
    return own.some((finding) => finding.file === file) ? null : findingOf(file)
  } catch {
    return null
  }
}

function findingOf(file: string): Finding {
  try {
    return { file, found: binaryFile(file) }
  } catch (error) {
    return { file, found: reasonOf(error) }
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}
