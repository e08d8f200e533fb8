import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

import { blocksOf, pages, read, root } from './markdown.js'

const { files } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { files: string[] }

/** The text of a page without its blocks of code. */
function prose(page: string): string {
  const lines = read(page).split('\n')
  for (const { line, code } of blocksOf(page, lines.join('\n'))) {
    lines.fill('', line - 1, line + 1 + code.split('\n').length)
  }
  return lines.join('\n').replace(/`[^`\n]*`/g, (code) => 'c'.repeat(code.length))
}

const linksOf = (page: string): string[] =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)

/** GitHub's and the site's name of a heading. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s+/g, '-')

function faultOf(page: string, link: string): string | null {
  if (/^https:/.test(link)) return null
  if (/^[a-z]+:/.test(link)) return `${link}: neither relative nor https`
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : posix.join(posix.dirname(page), path)
  if (!existsSync(root + target)) return `${link}: no such file`
  if (anchor !== undefined) {
    const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, text]) => slugOf(text!))
    if (!headings.includes(anchor)) return `${link}: no such heading`
  }
  // On npm's page and in node_modules there is nothing but what the tarball holds.
  const travels = files.some((file) => target === file || target.startsWith(`${file}/`))
  return travels ? null : `${link}: not in the package`
}

describe('documentation: links', () => {
  for (const page of pages()) {
    it(`${page} links to what the package holds`, () => {
      expect(
        linksOf(page)
          .map((link) => faultOf(page, link))
          .filter((fault) => fault !== null),
      ).to.deep.equal([])
    })
  }

  it('are told from wrong ones', () => {
    expect(faultOf('README.md', 'docs/nothing.md')).to.equal('docs/nothing.md: no such file')
    expect(faultOf('README.md', 'docs/training.md#nothing')).to.equal(
      'docs/training.md#nothing: no such heading',
    )
    expect(faultOf('docs/training.md', '../tsconfig.json')).to.equal(
      '../tsconfig.json: not in the package',
    )
  })
})
