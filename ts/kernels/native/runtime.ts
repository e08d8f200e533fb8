export type Runtime = 'Node' | 'Deno' | 'Bun'

export function runtime(): Runtime {
  if (process.versions['deno'] !== undefined) return 'Deno'
  return process.versions['bun'] === undefined ? 'Node' : 'Bun'
}

/** As prebuilt binaries are named. */
export const platform = `${process.platform}-${process.arch}`

export interface Libc {
  readonly name: 'glibc' | 'musl'
  /** Null for musl, which does not tell. */
  readonly version: string | null
}

/**
 * The C library that this process runs on, whatever files lie about on the system: null where there is
 * no choice (Windows, macOS). Where the process may not ask itself (Deno without `--allow-sys`) it is
 * glibc, for which Deno is made.
 */
export function libc(): Libc | null {
  if (process.platform !== 'linux') return null
  try {
    const version = glibcVersion()
    return version === undefined ? { name: 'musl', version: null } : { name: 'glibc', version }
  } catch {
    return { name: 'glibc', version: null }
  }
}

function glibcVersion(): string | undefined {
  const { report } = process as { report: { excludeNetwork?: boolean; getReport(): object } }
  const before = report.excludeNetwork ?? false
  report.excludeNetwork = true // looking up the names of open connections may take seconds
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } }
    return header.glibcVersionRuntime
  } finally {
    report.excludeNetwork = before
  }
}
