import process from 'node:process'

// All that computes is the one copy that programs import.
import { GradlaneError, type Info, info, nn, setBackend, tensor } from './index.js'
import { environmentVariable } from './kernels/environment.js'
import {
  describeLibc,
  describePlaces,
  describeRuntime,
  diagnosisOf,
} from './kernels/native/diagnosis.js'
import { platform } from './kernels/native/runtime.js'
import { look } from './kernels/native/search.js'
import { packageRoot } from './place.js'
import { reasonOf } from './show.js'
import { version } from './version.js'

/** What changes which binary is loaded, or how. */
const SETTINGS = [
  ...['GRADLANE_BACKEND', 'GRADLANE_ISA', 'GRADLANE_NUM_THREADS', 'GRADLANE_PREBUILD'],
  ...['NODE_OPTIONS', 'LD_LIBRARY_PATH', 'LD_PRELOAD'],
]

/**
 * Tells by `print`, a line at a time, where the native binary was looked for, what was found, whether it
 * loads and computes, and if not, why and what helps; in the end a line for an issue. What is known is
 * printed before the next thing is tried, for a binary may end the process.
 *
 * @returns Whether the native backend works.
 */
export function doctor(print: (line: string) => void): boolean {
  const machine = [platform, describeLibc(), describeRuntime()].filter(Boolean).join(', ')
  print(`gradlane ${version} in ${packageRoot()}`)
  print(machine)
  for (const setting of settings()) print(`set: ${setting}`)
  const findings = look()
  print('looked for:')
  for (const line of describePlaces(findings)) print(`  ${line}`)
  print(`  node-gyp-build: ${findings.nodeGypBuild ?? 'not installed'}`)
  if (findings.others.length > 0) print(`there for others: ${findings.others.join(', ')}`)

  print('loading it …')
  const outcome = tryNative()
  for (const line of outcome.lines) print(line)
  print('')
  print('To paste into an issue:')
  const line = [`gradlane ${version}`, machine, ...settings(), ...outcome.summary].join(' | ')
  // Where the package lies is nobody's business.
  print(line.replaceAll(packageRoot(), '<gradlane>').replaceAll(/\s+/g, ' '))
  return outcome.works
}

interface Outcome {
  readonly works: boolean
  readonly lines: readonly string[]
  readonly summary: readonly string[]
}

function tryNative(): Outcome {
  let facts: Info
  try {
    setBackend('native')
    facts = info()
  } catch (error) {
    return failed(error)
  }
  const { isa, supportedIsas, threads, cores, cpu, caches } = facts
  const computes = product('native') === product('reference')
  const speed = `${isa} of ${supportedIsas.join(', ')}; ${threads} threads on ${cores} cores`
  const cache = `caches ${caches?.l1d} ${caches?.l2} ${caches?.l3}`
  const result = computes ? 'loads and computes' : 'loads, but computes wrong results'
  return {
    works: computes,
    lines: [`It ${result}: ${speed}; ${cpu}; ${cache}`],
    summary: [result, speed, cpu, cache],
  }
}

function failed(error: unknown): Outcome {
  const isBinding = error instanceof GradlaneError && error.code === 'ERR_BINDING_NOT_FOUND'
  if (!isBinding) {
    const reason = reasonOf(error)
    return { works: false, lines: [`reason: ${reason}`], summary: [reason] }
  }
  const { reason, fix } = diagnosisOf(error.cause)
  return {
    works: false,
    lines: [`It does not load.`, `reason: ${reason}`, `fix: ${fix}`],
    summary: [`does not load: ${reason}`],
  }
}

/** Of whole numbers so small that every order of additions gives the same bits. */
function product(backend: 'native' | 'reference'): string {
  setBackend(backend)
  const size = 33
  const numbers = Array.from({ length: size * size }, (_, i) => ((i * i) % 7) - 3)
  const matrix = tensor(numbers).reshape([size, size])
  const layer = new nn.Linear(size, size, { bias: false })
  layer.loadStateDict({ weight: matrix })
  return JSON.stringify(layer.forward(matrix).toArray())
}

function settings(): string[] {
  const options = process.execArgv.filter((option) => option.startsWith('-'))
  const variables = SETTINGS.flatMap((name) => {
    const value = environmentVariable(name)
    return value ? [`${name}=${value}`] : []
  })
  return [...variables, ...(options.length > 0 ? [`flags ${options.join(' ')}`] : [])]
}
