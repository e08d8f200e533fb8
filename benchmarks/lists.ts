// The lists of npm run bench: single operations against the libraries that are known for them. Each
// program interleaves its peers, prints its own table and writes its figures as JSON.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { binary } from './binary.js'
import { environmentPython, systemPython } from './drivers.js'
import { eventLoop } from './event-loop.js'
import { latency } from './latency.js'
import {
  buildNativePrograms,
  MissingError,
  nativePrograms,
  programPath,
} from './native-programs.js'

export interface List {
  readonly name: string
  readonly title: string
  /** Prints its tables; returns what belongs into the record. Its files go into `folder`. */
  run(folder: string): Promise<Figures> | Figures
}

/** By program or peer: its figures, or why there are none. */
export type Figures = Readonly<Record<string, unknown>>

/** Runs a program that takes the name of a JSON file, with its output on the terminal. */
/** What a program writes to a file, which names that file without its folder: that is a temporary one. */
export function figuresOf(command: string, args: readonly string[], file: string): unknown {
  const { status, error, signal } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${signal ?? status}`)
  const folder = `${dirname(file)}${sep}`
  return JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(folder, '') : value,
  )
}

/** What `body` returns, or the reason why that is missing, which is printed too. */
function orMissing(what: string, body: () => unknown): unknown {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof MissingError)) throw error
    console.log(`  ${what}: MISSING, ${error.message}`)
    return { missing: error.message }
  }
}

function native(program: string, folder: string, ...args: string[]): unknown {
  return orMissing(program, () => {
    buildNativePrograms()
    const file = join(folder, `${program}.json`)
    return figuresOf(programPath(program), [...args, '--json', file], file)
  })
}

/** A script of peers/ that measures PyTorch in turn with our programs. */
function pytorch(python: string, script: string, program: string, folder: string): unknown {
  return orMissing(python, () => {
    if (!existsSync(python)) throw new MissingError(`there is no ${python}`)
    if (spawnSync(python, ['-c', 'import torch']).status !== 0) {
      throw new MissingError(`${python} has no torch`)
    }
    buildNativePrograms()
    const file = join(folder, `${script}.json`)
    const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url))
    return figuresOf(python, [path, programPath(program), file], file)
  })
}

const bothOf = (script: string, program: string, folder: string): Figures => ({
  pytorch: pytorch(systemPython, script, program, folder),
  'torch-latest': pytorch(environmentPython, script, program, folder),
})

export const lists: readonly List[] = [
  {
    name: 'matmul',
    title: 'matrix products against OpenBLAS, one thread, GFLOP/s',
    run: (folder) => ({ matmul_bench: native('matmul_bench', folder, 'all', 'both') }),
  },
  {
    name: 'conv2d',
    title: 'convolutions against PyTorch (oneDNN), one thread',
    run: (folder) => bothOf('torch_conv2d.py', 'conv2d_bench', folder),
  },
  {
    name: 'memory',
    title: 'operations bound by memory against a plain copy and PyTorch, one thread',
    run: (folder) => {
      const others = nativePrograms().filter((name) => !/^(matmul|conv2d)_bench$/.test(name))
      const own = others.map((program) => [program, native(program, folder)] as const)
      return {
        ...Object.fromEntries(own),
        ...bothOf('torch_memory.py', 'memory_bench', folder),
      }
    },
  },
  {
    name: 'binary',
    title: 'binarised layers on packed bits against float32, one thread',
    run: async () => ({ ...(await binary()) }),
  },
  {
    name: 'event-loop',
    title: 'the event loop during a training',
    run: () => eventLoop(),
  },
  { name: 'latency', title: 'latency: batch 1, one kernel call, the import', run: latency },
]
