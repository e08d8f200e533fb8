import { reasonOf } from '../../show.js'
import { fixFor } from './fix.js'
import { libc, platform, runtime } from './runtime.js'
import { type Finding, type Findings, look } from './search.js'

/** Why the binary did not load, and what helps. */
export interface Diagnosis {
  readonly reason: string
  readonly fix: string
  readonly findings: Findings
}

/** Of what `loadBinary` threw. */
export function diagnosisOf(cause: unknown): Diagnosis {
  const findings = look()
  const reason = reasonOf(cause)
  const fix = fixFor({
    reason,
    code: (cause as { code?: unknown } | null)?.code,
    findings,
    runtime: runtime(),
    platform,
    libc: describeLibc(),
    permissions: (process as { permission?: unknown }).permission !== undefined,
  })
  return { reason, fix, findings }
}

/** The C library and its version; null where there is no choice. */
export function describeLibc(): string | null {
  const { name, version } = libc() ?? {}
  return name === undefined ? null : version ? `${name} ${version}` : name
}

/** Name, version and Node-API of what runs this. */
export function describeRuntime(): string {
  const name = runtime()
  const own = name === 'Node' ? '' : `${name} ${process.versions[name.toLowerCase()] ?? ''} as `
  const api = process.versions.napi ?? 'unknown'
  return `${own}Node ${process.versions.node} with Node-API ${api} (8 is needed)`
}

/** What lies at each place where a binary may lie. */
export function describePlaces({ places, further }: Findings): string[] {
  return [...places, ...(further ? [further] : [])].map(describe)
}

function describe({ file, found }: Finding): string {
  if (found === undefined) return `${file}: not there`
  if (typeof found === 'string') return `${file}: ${found}`
  const kind = found.platform === null ? 'no binary' : `for ${found.platform}`
  return `${file}: ${kind}, ${found.bytes} bytes${found.cut ? ', incomplete' : ''}`
}
