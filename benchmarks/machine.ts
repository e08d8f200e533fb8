import { cpus, loadavg, release, totalmem, type } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly os: string
  readonly node: string
  /** Processes that wanted a core, on average over the last minute. */
  readonly load: number
}

export function machine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.version,
    load: Number(loadavg()[0]!.toFixed(1)),
  }
}

export function describe(machine: Machine): string {
  const { cpu, cores, memoryGiB, os, node, load } = machine
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}, load ${load}`
}
