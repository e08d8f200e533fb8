import { platforms } from '../../binaries.js'
import { packageRoot } from '../../place.js'
import type { Runtime } from './runtime.js'
import type { Findings } from './search.js'

/** All that the fix depends on. */
export interface Failure {
  /** What was thrown, in words, and its code. */
  readonly reason: string
  readonly code: unknown
  readonly findings: Pick<Findings, 'places' | 'further' | 'nodeGypBuild' | 'bundled' | 'checkout'>
  readonly runtime: Runtime
  /** As `runtime.ts` names them. */
  readonly platform: string
  readonly libc: string | null
  /** Whether Node's permissions are on. */
  readonly permissions: boolean
}

const BUILD = 'in a source checkout run `npm run build:addon`'
const REINSTALL =
  'install again where the program runs: `npm ci`, or remove node_modules/gradlane and run `npm install`'

/** What to do about a binary that did not load. */
export function fixFor(failure: Failure): string {
  return forbidden(failure) ?? outOfPlace(failure) ?? refusedBySystem(failure) ?? absent(failure)
}

/** The runtime was told not to load it. */
function forbidden({ reason, code, runtime, permissions }: Failure): string | null {
  if (runtime === 'Deno' && /Requires \w+ access/.test(reason)) {
    return 'allow Deno to load it: `deno run --allow-read --allow-env --allow-ffi …`'
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return `allow Node to read and load it: \`node --permission --allow-fs-read=${packageRoot()} --allow-addons …\``
  }
  if (code !== 'ERR_DLOPEN_DISABLED') return null
  return permissions
    ? 'add `--allow-addons` to `--permission`'
    : 'start Node without `--no-addons` (NODE_OPTIONS and the execArgv of a worker count, too)'
}

/** It is not where, or not what, it should be. */
function outOfPlace({ findings, platform }: Failure): string | null {
  if (findings.bundled) return `mark gradlane as external, ${externalLines()}`
  const remake = findings.checkout ? 'run `npm run build:addon`' : REINSTALL
  for (const { found } of [...findings.places, ...(findings.further ? [findings.further] : [])]) {
    if (found === undefined || typeof found === 'string') continue
    if (found.cut) return `the copy of the file was interrupted, or the disk was full; ${remake}`
    if (found.platform === null) return `the file is no binary; ${remake}`
    if (found.platform !== platform) {
      return `the file belongs to another machine, as in a node_modules folder or a checkout that was copied; ${remake}`
    }
    return null
  }
  return null
}

/** The line that keeps gradlane out of a bundle. */
const EXTERNAL: Readonly<Record<string, string>> = {
  Next: "serverExternalPackages: ['gradlane']",
  webpack: "externals: { gradlane: 'commonjs gradlane' }",
  esbuild: '--external:gradlane',
  Rollup: "external: ['gradlane']",
  Vite: "ssr: { external: ['gradlane'] }",
}

function externalLines(): string {
  const lines = Object.entries(EXTERNAL).map(([tool, line]) => `${tool}: \`${line}\``)
  return `and install it beside the bundle: ${lines.join('; ')}`
}

/** The system has looked at it and refused. */
function refusedBySystem({ reason, code, libc }: Failure): string | null {
  const lacking = /[`'](GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/.exec(reason)
  if (lacking?.[1] === 'GLIBC') {
    return `this system is too old (${libc ?? 'its C library'}; glibc 2.28 is needed: Debian 10, Ubuntu 20.04, RHEL 8 or newer); ${BUILD}`
  }
  if (lacking !== null) {
    return `the C++ library of this system is too old (GCC 8's is needed: Debian 10, Ubuntu 20.04, RHEL 8 or newer), or another one was found first (LD_LIBRARY_PATH, conda); ${BUILD}`
  }
  if (/libstdc\+\+\.so\.6: cannot open/.test(reason)) {
    return 'install the C++ library: `apt-get install libstdc++6`, `dnf install libstdc++`, or an image that has it (node:slim, not a static or base one of distroless)'
  }
  if (/Error loading shared library|ld-linux|libc\.musl/.test(reason)) {
    return `the file is for another C library than this process has (${libc ?? 'unknown'}); ${REINSTALL}`
  }
  if (/Cannot allocate memory/.test(reason)) return 'give the process more memory (`ulimit -v`)'
  if (/failed to map segment|Operation not permitted/.test(reason)) {
    return 'the folder is on a file system that runs no code (mounted noexec), or a policy such as SELinux forbids it: install gradlane elsewhere, or mount it with exec'
  }
  if (code === 'EACCES' || /Permission denied/.test(reason)) {
    return 'let the user of this process read the file and the folders above it'
  }
  return null
}

function absent({ findings, platform }: Failure): string {
  if (findings.checkout) return 'run `npm run build:addon`'
  if (!platforms.includes(platform)) {
    return `no binary is published for ${platform}, only for ${platforms.join(', ')}; ${BUILD}, or compute without one (GRADLANE_BACKEND=reference), slowly`
  }
  return `the installation is damaged or of another machine; ${REINSTALL}`
}
