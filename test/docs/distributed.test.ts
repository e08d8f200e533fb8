import { readdirSync, readFileSync } from 'node:fs'

import { expect } from 'chai'

import { read, root } from './markdown.js'

/** The sources whose messages the page explains. */
function sources(): string {
  const folders = ['native/distributed', 'ts/distributed', 'ts/train', 'native/binding']
  const texts = folders.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(`${root}${folder}/${name}`, 'utf8')),
  )
  return texts.join('\n')
}

describe('documentation: messages of several processes', () => {
  const page = read('docs/distributed.md')
  const [, own] = /What gradlane says.*?\n\n(.*?)\n\n/s.exec(page)!
  const rows = own!.split('\n').slice(2)

  it('are those that the sources have', () => {
    expect(rows).to.have.length.above(8)
    const text = sources()
    for (const row of rows) {
      const [, message] = row.split(' | ', 1)[0]!.split('| ')
      for (const [, part] of message!.matchAll(/`([^`]+)`/g)) expect(text).to.include(part)
    }
  })

  it('have each a cause and a cure', () => {
    const tables = [...page.matchAll(/^\| message \| cause \| cure \|\n\|.*\n((?:\|.*\n)+)/gm)]
    expect(tables).to.have.length(2)
    for (const [, table] of tables) {
      for (const row of table!.trim().split('\n')) {
        expect(row.split(' | '), row).to.have.length(3)
      }
    }
  })
})
