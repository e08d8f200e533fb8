import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = path.join(root, '.github', 'workflows')
const workflows = fs.readdirSync(folder).map((name) => ({
  name,
  lines: fs.readFileSync(path.join(folder, name), 'utf8').split('\n'),
}))
const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

function isExecutable(file: string): boolean {
  fs.accessSync(path.join(root, file), fs.constants.X_OK)
  return true
}

/** What a step may run: a script that runs on any machine, or npm itself. */
function isScript(command: string): boolean {
  const [program, first = '', second = ''] = command.split(' ')
  if (program === 'npm' && first === 'run') return second in scripts
  if (program === 'npm') return ['ci', 'publish'].includes(first)
  if (program === 'node') return fs.existsSync(path.join(root, first))
  return /^\.ci\/[\w-]+$/.test(command) && isExecutable(command)
}

describe('.github/workflows', () => {
  it('run scripts of the repository, one a step', () => {
    const commands = workflows.flatMap(({ lines }) =>
      lines.flatMap((line) => /^\s*(?:- )?run:\s*(.*)$/.exec(line)?.[1] ?? []),
    )
    expect(commands).to.include('.ci/run').and.include('npm run test:binary')
    expect(commands.filter((command) => !isScript(command))).to.deep.equal([])
  })

  it('use actions of a version, and workflows that there are', () => {
    const used = workflows.flatMap(({ lines }) =>
      lines.flatMap((line) => /^\s*(?:- )?uses:\s*(.*)$/.exec(line)?.[1] ?? []),
    )
    const unknown = used.filter((name) =>
      name.startsWith('./')
        ? !fs.existsSync(path.join(root, name))
        : !/^actions\/[\w-]+@v\d+$/.test(name),
    )
    expect(unknown).to.deep.equal([])
  })

  it('install packages with their scripts off', () => {
    for (const { name, lines } of workflows) {
      for (const line of lines.filter((text) => /npm (ci|install)/.test(text))) {
        expect(line, name).to.include('--ignore-scripts')
      }
    }
  })

  it('publish only a tag that names the version of package.json', () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string
    }
    const check = (tag: string) =>
      spawnSync(process.execPath, ['scripts/check-tag.mjs'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, GITHUB_REF_NAME: tag },
      })
    expect(check(`v${version}`).status).to.equal(0)
    for (const tag of [version, `v${version}-rc.1`, 'v99.0.0']) {
      const { status, stderr } = check(tag)
      expect(status, tag).to.equal(1)
      expect(stderr).to.include(`v${version}`)
    }
  })
})
