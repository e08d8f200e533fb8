import { info } from '../index.js'
import { JSON_OUTPUT } from './arguments.js'
import { commandOf } from './command.js'
import { printJson } from './io.js'
import { bytes } from './words.js'

export const command = commandOf({
  name: 'info',
  about:
    'Version, backend, instruction set, threads and machine: what belongs beside a measurement.',
  positionals: [],
  options: { json: JSON_OUTPUT },
  examples: ['gradlane info --json'],
  run: (_given, { json }, io) => {
    const facts = info()
    if (json) return (printJson(io, facts), 0)
    const { caches } = facts
    const lines: [string, string | null][] = [
      ['gradlane', facts.version],
      ['backend', facts.backend],
      ['kernels', facts.isa && `${facts.isa} of ${facts.supportedIsas.join(', ')}`],
      ['threads', `${facts.threads} on ${facts.cores} cores`],
      ['processor', facts.cpu || 'unknown'],
      ['caches', caches && [caches.l1d, caches.l2, caches.l3].map(bytes).join(', ')],
      ['system', `${facts.platform}, Node ${facts.node}`],
    ]
    for (const [name, value] of lines) if (value !== null) io.print(`${name.padEnd(10)} ${value}`)
    return 0
  },
})
