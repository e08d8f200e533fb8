import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A mocha hook: brings dist/ up to date, which the programs import as a user would. */
export function buildDist(): void {
  const options = { cwd: root, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/build-dist.mjs'],
    options,
  )
  if (status !== 0) throw new Error(`dist could not be built:\n${stdout}${stderr}`)
}

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs one of test/lifecycle/programs, with those flags of Node, as `runNode` does. */
export function runProgram(
  name: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Outcome {
  const program = path.join(root, 'test', 'lifecycle', 'programs', name)
  return runNode([...node, program, ...args], variables)
}

/** Runs Node in a process of its own, without the caller's GRADLANE_*. */
export function runNode(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Outcome {
  const kept = Object.entries(process.env).filter(
    ([key]) => !key.startsWith('GRADLANE_') && key !== 'NODE_OPTIONS',
  )
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...Object.fromEntries(kept), ...variables },
    timeout: 240_000,
  })
  return { code: status, signal, stdout, stderr }
}
