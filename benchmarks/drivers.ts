// Who takes part, and how each driver is started.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Driver {
  readonly name: string
  /** The library: a bar of the chart, which shows the fastest of its forms. */
  readonly library: string
  /** What sets this driver apart from others of the library; may be empty. */
  readonly form: string
  /** Ours are compared with the others. */
  readonly ours: boolean
  /** Runs in `--quick` too. */
  readonly quick: boolean
  readonly command: string
  /** Seconds that one request may take. */
  readonly patience: number
  arguments(threads: number): readonly string[]
  environment?(threads: number): Readonly<Record<string, string>>
  /** Why the driver cannot start on this machine, where that is known beforehand. */
  missing?(): string | undefined
}

/** How the tables call a driver. */
export const labelOf = ({ library, form }: Driver): string => `${library} ${form}`.trim()

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export const environmentPython = pathOf('.venv/bin/python')

/** The interpreter that Debian's python3-torch belongs to; GRADLANE_BENCH_PYTHON names another. */
export const systemPython = process.env['GRADLANE_BENCH_PYTHON'] ?? '/usr/bin/python3'

function gradlane(name: string, library: string, program: string, mode: string, form = ''): Driver {
  return {
    name,
    library,
    form,
    ours: true,
    quick: true,
    command: process.execPath,
    patience: 600, // plain TypeScript takes minutes for a step of the largest network
    arguments: () => ['--import', 'tsx', pathOf(`drivers/${program}`), mode],
    environment: (threads) => ({ GRADLANE_NUM_THREADS: String(threads) }),
  }
}

function tfjs(backend: 'wasm' | 'cpu'): Driver {
  return {
    name: `tfjs-${backend}`,
    library: 'TensorFlow.js',
    form: backend,
    ours: false,
    quick: true,
    command: process.execPath,
    patience: 40,
    arguments: (threads) => [
      '--import',
      'tsx',
      pathOf('drivers/tfjs.ts'),
      backend,
      String(threads),
    ],
  }
}

function python(
  name: string,
  library: string,
  form: string,
  command: string,
  script: string,
  mode: string,
): Driver {
  return {
    name,
    library,
    form,
    ours: false,
    quick: false,
    command,
    patience: 300, // some compile
    arguments: (threads) => [pathOf(`peers/${script}`), mode, String(threads)],
    missing: () => {
      if (existsSync(command)) return undefined
      return command === environmentPython ? 'run `npm run bench:peers`' : `${command} is not there`
    },
  }
}

export const drivers: readonly Driver[] = [
  gradlane('native', 'gradlane', 'gradlane.ts', 'native'),
  gradlane('captured', 'gradlane, captured', 'gradlane-captured.ts', 'native'),
  gradlane('free', 'gradlane', 'gradlane.ts', 'free', 'written freely'),
  gradlane('free-captured', 'gradlane, captured', 'gradlane-captured.ts', 'free', 'written freely'),
  gradlane('reference', 'gradlane, pure TypeScript', 'gradlane.ts', 'reference'),
  tfjs('wasm'),
  tfjs('cpu'),
  python('pytorch', 'PyTorch', '(system)', systemPython, 'torch_driver.py', 'eager'),
  python('torch-latest', 'PyTorch', '(newest)', environmentPython, 'torch_driver.py', 'eager'),
  python(
    'torch-compile',
    'PyTorch',
    '(newest) compiled',
    environmentPython,
    'torch_driver.py',
    'compile',
  ),
  python('jax', 'JAX', 'jitted step', environmentPython, 'jax_driver.py', 'step'),
  python('jax-scan', 'JAX', 'scanned epoch', environmentPython, 'jax_driver.py', 'scan'),
]
