// A fresh folder in which a tool is installed beside the packed gradlane.
import { strict as assert } from 'node:assert'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { installInto, root, run } from '../package/pack.mjs'

const source = (name) => fs.readFileSync(path.join(root, 'scripts', 'tools', name), 'utf8')

/** What `learn` of xor.mjs comes to where everything works. */
export const LEARNED = 'native 0110 captured report'

export class Project {
  constructor(folder, tarball, packages) {
    this.folder = folder
    this.tarball = tarball
    this.env = installInto(folder, tarball, packages)
    for (const name of ['app.mjs', 'xor.mjs', 'use.ts']) this.write(name, source(name))
    const common = source('xor.mjs').replace(/import (.*) from ('.*')/, 'const $1 = require($2)')
    this.write('xor.cjs', `${common.replace('export ', '')}\nmodule.exports = { learn }\n`)
  }

  path(name) {
    return path.join(this.folder, name)
  }

  write(name, text) {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true })
    fs.writeFileSync(this.path(name), text)
  }

  /** Runs Node in the folder, or `cwd`; its output is returned, and thrown when it fails. */
  node(args, { env = {}, cwd = this.folder } = {}) {
    return run(process.execPath, args, { cwd, env: { ...this.env, ...env }, timeout: 300_000 })
  }

  /** Runs a program that a package has installed. */
  tool(name, args, options) {
    const file = fs.realpathSync(this.path(path.join('node_modules', '.bin', name)))
    return this.node([file, ...args], options)
  }

  versionOf(name) {
    const file = this.path(path.join('node_modules', name, 'package.json'))
    return JSON.parse(fs.readFileSync(file, 'utf8')).version
  }

  /** A built app.mjs learns where gradlane is installed. */
  learns(file) {
    const env = { GRADLANE_BACKEND: 'native' }
    assert.equal(this.node([this.path(file)], { env }).trim(), LEARNED)
  }

  /** The same, moved to where nothing is installed, still computes, and tells how to be built instead. */
  tellsWhenAlone(folder, line) {
    const alone = `${this.folder}-alone`
    fs.cpSync(this.path(folder), alone, { recursive: true })
    fs.writeFileSync(path.join(alone, 'package.json'), '{ "type": "module" }\n')
    const entry = fs.readdirSync(alone).find((name) => /^app\.[cm]?js$/.test(name))
    const printed = this.node([
      ...[
        '-e',
        'process.on("warning", ({ message }) => console.log(message)); import(process.argv[1])',
      ],
      path.join(alone, entry),
    ])
    fs.rmSync(alone, { recursive: true })
    assert.match(printed, /mark gradlane as external/)
    assert.ok(printed.includes(line), `${line} is not in ${printed}`)
    assert.ok(printed.includes(LEARNED.replace('native', 'reference')), printed)
  }
}
