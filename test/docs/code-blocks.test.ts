import { expect } from 'chai'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'

import * as gradlane from '../../ts/index.js'
import { writeFiles } from './context.js'
import { type Block, blocksOf, pages, read, root } from './markdown.js'
import { type Host, programOf, typeErrors, valueIn } from './program.js'

const blocks = pages().flatMap((page) => blocksOf(page, read(page)))
const isProgram = ({ language }: Block): boolean => language === 'ts' || language === 'js'
const programs = blocks.filter((block) => isProgram(block) && block.notRun === null)
const nameOf = ({ page, line }: Block): string => `${page}:${line}`

interface Program {
  readonly run: (host: Host) => Promise<void>
  readonly base: unknown
}

/** Whether a text is what a page shows; there … stands for anything within a line. */
function expectShown(text: string, shown: string): void {
  const pattern = shown
    .split('…')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*')
  expect(text).to.match(new RegExp(`^${pattern}$`), `the page shows ${shown}`)
}

function check(value: unknown, comment: string): void {
  const said = valueIn(comment)!
  expectShown(
    typeof value === 'string' ? `'${value}'` : format('%j', value).replaceAll(',', ', '),
    said,
  )
}

describe('documentation: blocks of code', function () {
  if (gradlane.getBackend() === 'reference') {
    it('are run on the native backend')
    return
  }

  const folder = join(root, 'build', `docs-${process.pid}`, 'blocks')
  const files = new Map(programs.map((block, i) => [block, join(folder, `block${i}.ts`)]))
  const here = process.cwd()
  // `var` needs another name where it is imported.
  const names = Object.keys(gradlane).filter((name) => name !== 'var')
  let scratch: string

  before(() => {
    mkdirSync(folder, { recursive: true })
    for (const [block, file] of files) writeFileSync(file, programOf(block, names))
    scratch = mkdtempSync(join(tmpdir(), 'gradlane-docs-'))
    writeFiles(scratch)
  })
  after(() => {
    process.chdir(here)
    rmSync(join(folder, '..'), { recursive: true })
    rmSync(scratch, { recursive: true })
  })

  it('have types that fit', () => {
    const named = new Map([...files].map(([block, file]) => [file, nameOf(block)]))
    const errors = typeErrors([...files.values()])
    const told = errors.map((error) => {
      const file = [...named.keys()].find((name) => error.startsWith(name))!
      return error.replace(file, named.get(file)!)
    })
    expect(told).to.deep.equal([])
  })

  for (const [block, file] of files) {
    it(`${nameOf(block)} runs`, async () => {
      const { run, base } = (await import(pathToFileURL(file).href)) as Program
      expect(base, 'one copy of gradlane').to.equal(gradlane.GradlaneError)
      const lines: string[] = []
      const log = (...args: unknown[]): void => void lines.push(format(...args))
      process.chdir(scratch)
      let error: unknown
      try {
        await run({ console: { log }, check })
      } catch (thrown) {
        error = thrown
      } finally {
        process.chdir(here)
      }
      const [, expected] = /^\/\/ (\w*Error): /m.exec(block.code) ?? []
      if (expected === undefined) {
        if (error !== undefined) throw error as Error
      } else {
        expect(error).to.have.property('name', expected)
      }
      if (block.output !== null) expectShown(lines.join('\n'), block.output)
    })
  }

  for (const block of blocks.filter(({ notRun }) => notRun !== null)) {
    it(`${nameOf(block)} does not run: ${block.notRun}`)
  }

  it('say what they are written in', () => {
    const known = ['ts', 'js', 'mjs', 'sh', 'text', 'json', 'cpp', 'dockerfile', 'html', 'python']
    const strangers = blocks.filter(({ language }) => !known.includes(language))
    expect(strangers.map((block) => `${nameOf(block)} ${block.language}`)).to.deep.equal([])
  })
})

describe('documentation: the reader of pages', () => {
  const page = [
    '<!-- not run: it is JSON -->',
    '```json',
    '{}',
    '```',
    '- in a list',
    '  ```ts',
    '  1 + 1 // 3',
    '  ```',
    '',
    '  ```text',
    '  a…c',
    '  ```',
  ].join('\n')

  it('finds blocks, their marks and what they print', () => {
    const [json, ts, text] = blocksOf('page.md', page)
    expect(json).to.include({ line: 2, language: 'json', notRun: 'it is JSON', output: null })
    expect(ts).to.include({ line: 6, language: 'ts', code: '1 + 1 // 3', notRun: null })
    expect(ts).to.have.property('output', 'a…c')
    expect(text).to.include({ line: 10, language: 'text' })
    expect(() => blocksOf('page.md', '```ts')).to.throw('page.md:1: the block has no end')
  })

  it('compares values with comments, and texts with what is shown', () => {
    expect(programOf(blocksOf('page.md', page)[1]!, ['nn'])).to.include('check(1 + 1, "3")')
    expect(() => {
      check(2, '3')
    }).to.throw('the page shows 3')
    check([2, 4, 3], '[2, 4, 3]: the shape')
    check(0.76412, '0.7641…')
    expectShown('abbc', 'a…c')
    expect(() => {
      expectShown('a\nc', 'a…c')
    }).to.throw()
  })
})
