import { expect } from 'chai'
import { readFileSync } from 'node:fs'

import * as gradlane from '../../ts/index.js'
import { pages, read, root } from './markdown.js'

const spaces = ['nn', 'optim', 'data', 'io', 'metrics', 'callbacks'] as const

/** Names of gradlane's in code within the text: `new nn.Linear(…)`, `optim.Adam`. */
function strangersIn(text: string): string[] {
  const code = [...text.matchAll(/`([^`\n]+)`/g)].map(([, inner]) => inner!)
  return code
    .flatMap((inner) => [...inner.matchAll(/(?<![\w.@])(\w+)\.([A-Za-z]\w*)/g)])
    .filter(([, space, name]) => {
      const exported = spaces.find((known) => known === space)
      return exported !== undefined && !(name! in gradlane[exported])
    })
    .map(([all]) => all)
}

describe('documentation: names', () => {
  for (const page of pages()) {
    it(`${page} names what is exported`, () => {
      // PyTorch's side of a table.
      const text = read(page).replaceAll(/`nn\.utils\.clip_\w+`/g, '')
      expect(strangersIn(text)).to.deep.equal([])
    })
  }

  it('are told from wrong ones', () => {
    expect(strangersIn('`new nn.Lineal(2)` and `optim.Adam`')).to.deep.equal(['nn.Lineal'])
  })

  it('docs/errors.md has a section for each code', () => {
    const source = readFileSync(`${root}ts/errors.ts`, 'utf8')
    const codes = [...source.matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code!)
    const sections = [...read('docs/errors.md').matchAll(/^## (ERR_\w+)$/gm)].map(
      ([, code]) => code,
    )
    expect(sections).to.have.members(codes)
  })
})
