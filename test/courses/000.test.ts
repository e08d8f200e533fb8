import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { getBackend } from '../../ts/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = 'examples/courses/000-binarised-layer'

function run(input: string): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', `${folder}/main.ts`],
    { cwd: root, input, encoding: 'utf8', timeout: 60_000 },
  )
  return { status, out: stdout, err: stderr }
}

describe('course 000: a binarised layer', function () {
  this.timeout(60_000)

  const given = readFileSync(`${root}/${folder}/input.txt`, 'utf8')

  it("prints the document's gradients", () => {
    const { status, out, err } = run(given)
    expect(err).to.equal('')
    expect(out).to.equal(`\
4.8456 -0.5448 -2.2704
4.6236 -1.7770 0.0000
0.0000 -0.8076 -3.8202
3.1506 0.0000 0.0000
-4.0 0.0 -2.0
-4.0 0.0 -2.0
-4.0 0.0 -2.0
-4.0 0.0 -2.0
-4.0 0.0 -2.0
`)
    expect(status).to.equal(0)
  })

  const lines = given.split('\n')
  const refused: Readonly<Record<string, readonly [input: string, message: string]>> = {
    'no input': ['', 'line 1: expected the number of rows of the inputs'],
    'a number of rows that is none': ['four\n3\n', 'line 1: expected the number of rows'],
    'a short row': [
      given.replace(' 0.6216', ''),
      'line 3: expected 3 numbers, row 1 of the inputs',
    ],
    'a word among numbers': [given.replace('2.4192', 'x'), 'line 13: expected 3 numbers'],
    'a missing row': [lines.slice(0, 12).join('\n'), 'stdin ends before row 5 of the weights'],
    'more than the weights': [`${given}1 2 3\n`, 'line 14: expected the end after the weights'],
    'weights of other inputs': ['1\n2\n1 2\n1\n1\n3\n', 'the weights have 1 columns, the inputs 2'],
  }
  // Before anything is computed.
  if (getBackend() === 'reference') {
    it('refuses what is no input, which is looked at once, on the native backend')
    return
  }
  for (const [what, [input, message]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      const { status, out, err } = run(input)
      expect(err).to.include(message)
      expect(err.trim().split('\n'), 'one line and no stack').to.have.length(1)
      expect(out).to.equal('')
      expect(status).to.equal(1)
    })
  }
})
