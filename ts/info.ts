import { checkArguments } from './check.js'

import { getBackend } from './kernels/backend.js'
import type { BackendName } from './kernels/environment.js'
import { addon } from './kernels/native/load.js'
import { getNumThreads } from './threads.js'
import { version } from './version.js'

/** What runs here; to be pasted into a bug report or beside a measurement. */
export interface Info {
  /** Of gradlane. */
  version: string
  backend: BackendName
  /** The instruction set in use: `baseline`, `avx2` or `avx512`; null on the reference backend. */
  isa: string | null
  /** Those that this CPU runs, best last; `GRADLANE_ISA` chooses one. Empty on the reference backend. */
  supportedIsas: string[]
  threads: number
  /** Whether denormals count as 0 (`setFlushDenormal`). */
  flushDenormal: boolean
  /** The processor's own name; empty where it cannot be read. */
  cpu: string
  /** Logical cores that this process may run on. */
  cores: number
  /** Bytes: of one core (l1d, l2) and shared (l3); null on the reference backend. */
  caches: { l1d: number; l2: number; l3: number } | null
  /** Version of Node. */
  node: string
  /** Operating system and architecture: `linux-x64`. */
  platform: string
}

/** Empty where it is unknown, or the process may not ask (Deno without `--allow-sys`). */
function cpuModel(): string {
  try {
    return process.getBuiltinModule('node:os').cpus()[0]?.model ?? ''
  } catch {
    return ''
  }
}

/** Version, backend, instruction set, threads and machine. */
export function info(): Info {
  checkArguments('info', 0, arguments)
  const backend = getBackend()
  const machine = backend === 'native' ? addon().info() : null
  return {
    version,
    backend,
    isa: machine?.isa ?? null,
    supportedIsas: machine?.supportedIsas ?? [],
    threads: getNumThreads(),
    flushDenormal: machine?.flushDenormal ?? false,
    cpu: machine?.cpu || cpuModel(),
    cores: machine?.cores ?? process.getBuiltinModule('node:os').availableParallelism(),
    caches: machine && { l1d: machine.l1d, l2: machine.l2, l3: machine.l3 },
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  }
}
