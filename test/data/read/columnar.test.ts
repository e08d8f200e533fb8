import { tableFromArrays, tableFromIPC, vectorFromArray, Table as Arrow } from 'apache-arrow'
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

import { data, FormatError, ValueError } from '../../../ts/index.js'

const FOLDER = 'test/fixtures/data'
const utc = (text: string): Date => new Date(text)
const EXPECTED = [
  {
    number: 1.5,
    whole: 1,
    small: 1,
    large: 1,
    class: 'a',
    words: 'one two three four five',
    flag: 'true',
    day: utc('2024-03-31'),
    moment: utc('2024-03-31T16:05Z'),
  },
  {
    number: null,
    whole: 2,
    small: 2,
    large: 2 ** 40,
    class: null,
    words: null,
    flag: 'false',
    day: null,
    moment: null,
  },
  {
    number: -2,
    whole: 3,
    small: null,
    large: 3,
    class: 'b',
    words: 'six seven eight nine',
    flag: null,
    day: utc('1970-01-01'),
    moment: null,
  },
  {
    number: 4,
    whole: 4,
    small: 4,
    large: null,
    class: 'a',
    words: 'ten eleven twelve six',
    flag: 'true',
    day: utc('1969-12-31'),
    moment: null,
  },
]
const TYPES = {
  number: 'number',
  whole: 'number',
  small: 'number',
  large: 'number',
  class: 'category',
  words: 'text',
  flag: 'category',
  day: 'date',
  moment: 'date',
}

const refused = async (reading: Promise<unknown>): Promise<Error> => {
  try {
    await reading
  } catch (error) {
    return error as Error
  }
  throw new Error('it was read')
}

describe('readParquet', () => {
  it('reads what pyarrow wrote, from a path, a URL and bytes, by snappy and zstd', async () => {
    const file = `${FOLDER}/rows.parquet`
    const sources = [file, pathToFileURL(file), readFileSync(file), `${FOLDER}/rows.zstd.parquet`]
    for (const source of sources) {
      const table = await data.readParquet(source)
      expect(table.types).to.deep.equal(TYPES)
      expect(table.toRows()).to.deep.equal(EXPECTED)
    }
  })

  it('takes columns, types and a limit', async () => {
    const options: data.ReadParquetOptions = {
      columns: ['class', 'whole'],
      types: { whole: 'category' },
      limit: 2,
    }
    const table = await data.readParquet(`${FOLDER}/rows.parquet`, options)
    expect(table.toRows()).to.deep.equal([
      { class: 'a', whole: '1' },
      { class: null, whole: '2' },
    ])
  })

  it('refuses what is no Parquet file, and a column that is not there', async () => {
    const whole = readFileSync(`${FOLDER}/rows.parquet`)
    for (const bytes of [Buffer.alloc(0), Buffer.from('a,b\n1,2\n'), whole.subarray(0, -9)]) {
      const error = await refused(data.readParquet(bytes))
      expect(error).to.be.instanceOf(FormatError)
      expect(error.message).to.match(/^readParquet: expected the buffer to be a Parquet file/)
    }
    expect(await refused(data.readParquet('nowhere.parquet'))).to.have.property('code', 'ENOENT')
    expect(await refused(data.readParquet(7 as never))).to.be.instanceOf(ValueError)
    const other = data.readParquet(whole, { columns: ['clas'] })
    expect((await refused(other)).message).to.match(/'clas'/)
  })
})

describe('readParquet without hyparquet-compressors', () => {
  /** A resolver for which the package is missing, or is there and lacks another one. */
  const hooks = (missing: string): string => `
    export async function resolve(name, context, next) {
      if (name !== 'hyparquet-compressors') return next(name, context)
      const error = new Error("Cannot find package '${missing}' imported from here")
      throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
    }`
  const program = `
    import { data } from './ts/index.js'
    for (const name of ['rows', 'rows.zstd'])
      await data.readParquet('${FOLDER}/' + name + '.parquet').then(
        (table) => console.log(table.length),
        (error) => console.log(error.code, error.message),
      )`
  function outputWithout(missing: string): string[] {
    const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks(missing))}`)
    const register = `import { register } from 'node:module'; register(${url})`
    const imports = `data:text/javascript,${encodeURIComponent(register)}`
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--import', imports, '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    )
    expect(status, stderr).to.equal(0)
    return stdout.trim().split('\n')
  }

  it('reads what is compressed by snappy, and says what to install for zstd', () => {
    expect(outputWithout('hyparquet-compressors')).to.deep.equal([
      '4',
      'ERR_ASSET_NOT_FOUND readParquet of a file compressed by ZSTD needs the package ' +
        'hyparquet-compressors: npm install hyparquet-compressors',
    ])
  })

  it('does not take one that fails to load for one that is missing', () => {
    const lines = outputWithout('fzstd')
    expect(lines).to.have.length(2)
    for (const line of lines) expect(line).to.match(/^ERR_ASSET_NOT_FOUND .*'fzstd'/)
  })
})

describe('fromArrow', () => {
  it('reads what polars wrote', () => {
    const table = data.fromArrow(tableFromIPC(readFileSync(`${FOLDER}/rows.arrow`)))
    expect(table.types).to.deep.equal(TYPES)
    expect(table.toRows()).to.deep.equal(EXPECTED)
  })

  it('shares the memory of floats without nulls', () => {
    const values = Float64Array.of(1, 2, 3)
    const column = data.fromArrow(tableFromArrays({ values })).column('values')
    values[1] = 7
    expect(column.get(1)).to.equal(7)
  })

  it('joins dictionaries of several pieces', () => {
    const [first, second] = [
      ['b', 'a'],
      ['c', null, 'a'],
    ].map((x) => tableFromArrays({ x }).getChild('x')!)
    const table = data.fromArrow(new Arrow({ x: first!.concat(second!) as never }))
    expect(table.toRows().map(({ x }) => x)).to.deep.equal(['b', 'a', 'c', null, 'a'])
  })

  it('refuses a column of lists, and what is no table', () => {
    const lists = new Arrow({ x: vectorFromArray([[1], [2, 3]]) })
    expect(() => data.fromArrow(lists)).to.throw(ValueError, /column 'x' to be of numbers.*List/)
    expect(() => data.fromArrow({} as never)).to.throw(ValueError, /one of apache-arrow/)
    for (const [field, child] of [
      [{ name: 'x' }, undefined],
      [{ name: 'x' }, { length: 1, type: {}, data: [] }],
      [null, null],
    ]) {
      const byHand = { schema: { fields: [field] }, getChildAt: () => child }
      const message = 'column 0 of the table to be one of apache-arrow'
      expect(() => data.fromArrow(byHand as never)).to.throw(ValueError, message)
    }
  })
})
