#!/usr/bin/env node
import process from 'node:process'

import { doctor } from './doctor.js'
import { version } from './version.js'

const USAGE = `usage: gradlane doctor      tells whether the native binary loads, and what helps if it does not
       gradlane --version`

/** The exit status: 2 where the arguments make no sense. */
function main(args: readonly string[]): number {
  const [command, ...rest] = args
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  if (rest.length === 0) {
    if (command === 'doctor') return doctor(print) ? 0 : 1
    if (command === '--version' || command === '-v') return (print(version), 0)
    if (command === '--help' || command === '-h') return (print(USAGE), 0)
  }
  process.stderr.write(`${USAGE}\n`)
  return 2
}

process.exitCode = main(process.argv.slice(2))
