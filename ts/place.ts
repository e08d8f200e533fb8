import { readFileSync } from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { version } from './version.js'

/**
 * The file that holds this code, one folder below the package's root in ts/ as in dist/. A bundle that esbuild
 * makes as CommonJS has no `import.meta.url`, but a `__filename`.
 */
const here = fileOf(import.meta.url)
const above = path.resolve(here, '..', '..')

function fileOf(url: string | undefined): string {
  if (url?.startsWith('file:')) return fileURLToPath(url)
  return typeof __filename === 'undefined' ? path.resolve('bundle.js') : __filename
}

/** Node's `createRequire`, not imported by name, for webpack follows that to files that no bundle can hold. */
export const requireFrom: (file: string) => NodeJS.Require = module.createRequire

/**
 * The folder of gradlane's package.json, with its binaries: the one above this code, or, where a bundler has
 * copied the code into a file of its own, the one that Node finds from there.
 */
export function packageRoot(): string {
  return isPackage(above) ? above : (installed() ?? above)
}

/** Whether a bundler has copied this code, and no package of this version is installed beside it. */
export function isAlone(): boolean {
  return !isPackage(packageRoot())
}

function installed(): string | null {
  try {
    const file = requireFrom(here).resolve('gradlane/package.json')
    const found = JSON.parse(readFileSync(file, 'utf8')) as { version?: string }
    return found.version === version ? path.dirname(file) : null
  } catch {
    return null
  }
}

/** Also where that cannot be read, for nothing speaks against it then. */
function isPackage(folder: string): boolean {
  try {
    const text = readFileSync(path.join(folder, 'package.json'), 'utf8')
    return (JSON.parse(text) as { name?: string } | null)?.name === 'gradlane'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
