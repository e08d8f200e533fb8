import { cpus, release, totalmem, type } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly os: string
  readonly node: string
}

export function machine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.version,
  }
}

export function describe(machine: Machine): string {
  const { cpu, cores, memoryGiB, os, node } = machine
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}`
}
