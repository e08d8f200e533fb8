// The benchmarks in C++ (native/bench), which measure operations without JavaScript around them.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'build', 'bench')

/** Why something of the run is not there. */
export class MissingError extends Error {}

function cmake(...args: string[]): void {
  const { status, error, stderr } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8' })
  if (error) throw new MissingError(`cmake: ${error.message}`)
  if (status !== 0) throw new Error(`cmake ${args.join(' ')} failed:\n${stderr}`)
}

/** The names of the programs, as native/sources.json lists them. */
export function nativePrograms(): string[] {
  const sources = JSON.parse(readFileSync(join(root, 'native', 'sources.json'), 'utf8')) as {
    benchmarks: string[]
  }
  return sources.benchmarks.map((source) => basename(source, '.cc'))
}

/** Builds the programs once. @throws MissingError where there is no cmake. */
export function buildNativePrograms(): void {
  if (built) return
  const settings = ['-DGRADLANE_TESTS=OFF', '-DGRADLANE_BENCHMARKS=ON']
  cmake('-S', '.', '-B', folder, ...settings)
  cmake('--build', folder, '--parallel', String(availableParallelism()))
  built = true
}
let built = false

/** @throws MissingError when the build left a program out. */
export function programPath(name: string): string {
  const path = join(folder, name)
  if (existsSync(path)) return path
  throw new MissingError(`${name} was not built; it needs OpenBLAS (Debian: libopenblas-dev)`)
}
