// npm run digest: the digests of this build on every ISA target of the machine and on the reference backend
// against those of digests.json; with --write into it. A change that keeps the bits prints no difference.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { info } from '../../ts/index.js'
import { cases, committed, compiler, type Digests, digestOf, file } from './digest.js'

const CHILD = '--child'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** The digests of one ISA target or of the reference, from a process of its own: a target is chosen once. */
function digestsOn(environment: Readonly<Record<string, string>>): Record<string, string> {
  const self = fileURLToPath(import.meta.url)
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', self, CHILD], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) process.exit(1)
  return JSON.parse(stdout) as Record<string, string>
}

function compare(now: Digests, before: Digests): number {
  let different = 0
  for (const [key, columns] of Object.entries(now.digests)) {
    for (const [name, digest] of Object.entries(columns)) {
      const old = before.digests[key]?.[name]
      if (old === digest) continue
      different++
      if (old !== undefined) print(`${key}, ${name}: ${digest}, was ${old}`)
    }
  }
  return different
}

if (process.argv.includes(CHILD)) {
  print(
    JSON.stringify(
      Object.fromEntries(cases().map(([key, name, dtype]) => [key, digestOf(name, dtype, true)])),
    ),
  )
} else {
  const targets = info().supportedIsas
  const found = new Map([
    ...targets.map(
      (target) =>
        [target, digestsOn({ GRADLANE_BACKEND: 'native', GRADLANE_ISA: target })] as const,
    ),
    ['reference', digestsOn({ GRADLANE_BACKEND: 'reference' })] as const,
  ])
  const before: Digests = fs.existsSync(file) ? committed() : { compiler: '', digests: {} }
  const digests: Record<string, Record<string, string>> = {}
  for (const [name, all] of found) {
    for (const [key, digest] of Object.entries(all)) (digests[key] ??= {})[name] = digest
  }
  const now: Digests = { compiler: compiler(), digests }
  if (now.compiler !== before.compiler) {
    print(`by ${now.compiler}; digests.json is of ${before.compiler || 'nobody'}`)
  }
  const different = compare(now, before)
  print(`${[...found.keys()].join(', ')}: ${different} digests differ`)
  if (process.argv.includes('--write')) {
    // A target that this machine lacks keeps what it has.
    for (const [key, columns] of Object.entries(digests)) {
      digests[key] = { ...(before.compiler === now.compiler && before.digests[key]), ...columns }
    }
    fs.writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`)
  } else if (different > 0) process.exitCode = 1
}
