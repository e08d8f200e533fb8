// Loaded before another program: asking for the machine or for settings throws, as Deno does it
// without --allow-sys and --allow-env.
import os from 'node:os'
import process from 'node:process'

function refuse(what) {
  throw new Error(`Requires ${what} access, run again with the flag for it`)
}

os.cpus = () => refuse('sys')
process.report.getReport = () => refuse('sys')
process.env = new Proxy(process.env, {
  get: (variables, name) =>
    String(name).startsWith('GRADLANE_') ? refuse('env') : variables[name],
})
