import { spawn } from 'node:child_process'
import path from 'node:path'

import { expect } from 'chai'

import { root } from '../lifecycle/built.js'
import { type Mpi, runJob, saidIn } from './mpirun.js'

export interface Told {
  readonly steps: number
  readonly mode: string
  readonly epochs: readonly Record<string, number>[]
  readonly told: readonly number[]
  readonly digest: string
  readonly weights: readonly number[]
}

/** What each rank has told of its trainings, one after the other; alike on all of them. */
export async function trained(mpi: Mpi, ranks: number, ...settings: object[]): Promise<Told[]> {
  const args = [JSON.stringify(settings)]
  const { code, said, stderr } = await runJob(mpi, 'train.mjs', { ranks, args })
  expect(code, stderr).to.equal(0)
  expect(said).to.have.length(ranks)
  said.forEach((each, rank) => {
    expect(each).to.deep.equal({ ...said[0]!, rank })
  })
  return said[0]!['runs'] as Told[]
}

/** The same training in one process, with the batch of so many ranks. */
export function alone(ranks: number, settings: object): Promise<Told> {
  const file = path.join(root, 'test', 'distributed', 'programs', 'train.mjs')
  const args = [file, JSON.stringify([{ ...settings, as: ranks }])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      resolve((saidIn(stdout)[0]!['runs'] as [Told])[0])
    })
  })
}

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a).to.have.length(b.length)
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
}

/** Of the logs, too: losses and metrics are means of some hundred numbers around 1. */
export function expectSame(several: Told, one: Told, bound: number): void {
  expect(several.steps).to.equal(one.steps)
  expect(distance(several.weights, one.weights)).to.be.at.most(bound)
  several.epochs.forEach((logs, i) => {
    const other = one.epochs[i]!
    expect(Object.keys(logs)).to.deep.equal(Object.keys(other))
    expect(distance(Object.values(logs), Object.values(other))).to.be.at.most(bound)
  })
  expect(distance(several.told, one.told)).to.be.at.most(bound)
}
