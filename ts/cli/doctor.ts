import { doctor } from '../doctor.js'
import { JSON_OUTPUT } from './arguments.js'
import { commandOf } from './command.js'
import { printJson } from './io.js'

export const command = commandOf({
  name: 'doctor',
  about:
    'Tells where the native binary was looked for, whether it loads and computes, and what helps if it does\n' +
    'not; in the end a line to paste into an issue. Exit status 1 where it does not work.',
  positionals: [],
  options: { json: JSON_OUTPUT },
  examples: ['gradlane doctor'],
  run: (_given, { json }, io) => {
    if (!json) return doctor(io.print) ? 0 : 1
    const lines: string[] = []
    const works = doctor((line) => lines.push(line))
    printJson(io, { works, summary: lines.at(-1), lines })
    return works ? 0 : 1
  },
})
