import { expect } from 'chai'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { data } from '../../ts/index.js'
import { gradlane, type Ran } from '../support/command.js'

const penguins = fileURLToPath(new URL('../fixtures/data/penguins.csv', import.meta.url))

interface Result {
  readonly task: string
  readonly classes: string[] | null
  readonly rows: { train: number; validation: number; test: number }
  readonly metrics: Record<'model' | 'linear' | 'baseline', Record<string, number>>
  readonly importance: { name: string }[]
  readonly warnings: string[]
}

describe('command line: train, predict, inspect', function () {
  this.timeout(120_000)
  let folder: string
  const at = (name: string): string => join(folder, name)
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-train-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  /** Trains in the folder, a few epochs. */
  async function train(file: string, name: string, ...args: string[]): Promise<Ran> {
    const files = ['--out', at(`${name}.safetensors`), '--report', at(`${name}.html`)]
    return gradlane(['train', file, ...files, '--epochs', '15', ...args])
  }

  /** A table by the number of a row. */
  function write(name: string, header: string, rows: number, row: (i: number) => string): string {
    const lines = Array.from({ length: rows }, (_, i) => row(i))
    writeFileSync(at(name), [header, ...lines, ''].join('\n'))
    return at(name)
  }

  it('forecasts a series with --horizon, and predicts from its end', async () => {
    const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10)
    const row = (i: number): string =>
      `${day(i)},${100 + 10 * Math.sin((2 * Math.PI * i) / 7) + i / 9}`
    const file = write('sales.csv', 'date,units', 90, row)
    const asked = ['--time', 'date', '--target', 'units', '--horizon', '4']
    const { code, stdout, stderr } = await train(file, 'sales', ...asked)
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^'units': 4 steps ahead, judged by 20 values from 5 origins/)
    expect(stdout).to.match(/^model +[\d.]+ [^]*^last season +[\d.]+ [^]*^last value +[\d.]+ /m)
    expect(stdout).to.match(/^2024-03-31 +[\d.]+ +[\d.]+ +[\d.]+$/m)
    const page = readFileSync(at('sales.html'), 'utf8')
    expect(page).to.include('<title>units, from sales.csv</title>')
    expect(page.match(/<path class="forecast"/g)).to.have.length(6) // five origins, and what is next
    const next = await gradlane(['predict', at('sales.safetensors')])
    expect(next.stdout).to.match(/^date,units,lower,upper\r\n2024-03-31,[\d.]+,/)
    expect(next.stdout.trim().split('\r\n')).to.have.length(5)
    const told = await gradlane(['inspect', at('sales.safetensors')])
    expect(told.stdout).to.match(/^forecasts units: 4 steps of a day, by the 14 before$/m)
    expect(told.stdout).to.match(/^learned until +2024-03-30$/m)
    expect(told.stdout).to.match(/^intervals by the errors of 20 windows$/m)
    const described = (await gradlane(['inspect', at('sales.safetensors'), '--json'])).stdout
    expect(JSON.parse(described)).to.have.nested.property('forecaster.season', 7)
    const again = await gradlane(['predict', at('sales.safetensors'), file, '--json'])
    const rows = JSON.parse(again.stdout) as { date: string }[]
    expect(rows.map(({ date }) => date)).to.deep.equal([90, 91, 92, 93].map(day))
    expect((await train(file, 'no', ...asked, '--balance')).stderr).to.include('--balance says nothing') // prettier-ignore
    expect((await train(file, 'no', '-t', 'units', '--horizon', '4')).stderr).to.include('--time <column>') // prettier-ignore
    expect(existsSync(at('no.safetensors'))).to.equal(false)
  })

  describe('penguins', () => {
    let ran: Ran
    before(async () => {
      ran = await train(penguins, 'penguins', '-t', 'species', '--lr', '0.02')
    })

    it('makes a model that is better than the most frequent class, and a report', async () => {
      expect(ran.code, ran.stderr).to.equal(0)
      expect(ran.stdout).to.match(/^species: classification, judged by 69 rows/)
      const [, model, baseline] =
        /^model +([\d.]+)[^]*^always the most frequent class +([\d.]+)/m.exec(ran.stdout)!
      expect(Number(model)).to.be.above(0.9)
      expect(Number(baseline)).to.be.within(0.3, 0.6)
      const [, linear] = /^linear model +([\d.]+)/m.exec(ran.stdout)!
      expect(Number(linear), 'a linear model that is as good as one can be').to.be.above(0.95)
      expect(ran.stderr).to.match(/penguins\.csv: 344 rows, 7 columns/)
      expect(ran.stderr).to.match(/sex +category, 2 different, 3\.20 % missing/)
      const pipeline = await data.Pipeline.load(at('penguins.safetensors'))
      expect(pipeline.classes).to.deep.equal(['Adelie', 'Chinstrap', 'Gentoo'])
      const report = readFileSync(at('penguins.html'), 'utf8')
      expect(report).to.include('<title>species, from penguins.csv</title>')
      expect(report).to.include('bill_length_mm')
    })

    it('is told by inspect', async () => {
      const { code, stdout } = await gradlane(['inspect', at('penguins.safetensors')])
      expect(code).to.equal(0)
      expect(stdout).to.include('predicts species: classification, one of Adelie, Chinstrap')
      expect(stdout).to.match(/island +category +Biscoe, Dream, Torgersen/)
      expect(stdout).to.match(/trained on 233 rows for \d+ epochs/)
      const [, table] = /(judged by 69 rows [^]*most frequent class .*)/.exec(ran.stdout)!
      expect(stdout, 'what the training printed').to.include(table!)
      expect(stdout).to.match(/^data: penguins\.csv$/m)
      expect(stdout).to.match(/^seed: 0$/m)
      const json = await gradlane(['inspect', at('penguins.safetensors'), '--json'])
      const { pipeline } = JSON.parse(json.stdout) as { pipeline: data.PipelineDescription }
      expect(pipeline.target).to.equal('species')
      expect(pipeline.facts['judged']).to.have.nested.property('figures.model.accuracy')
    })

    it('inspect tells facts of any kind', async () => {
      const model = await data.Pipeline.load(at('penguins.safetensors'))
      const figures = { accuracy: 0.98765, f1: 1 }
      model.facts = { test: figures, judged: { rows: 'many' }, by: '\u001b[2J', of: [1, null] }
      await model.save(at('facts.safetensors'))
      const { code, stdout } = await gradlane(['inspect', at('facts.safetensors')])
      expect(code).to.equal(0)
      expect(stdout).to.match(/^test: accuracy 0\.9877, f1 1\.000$/m)
      expect(stdout).to.match(/^judged: \{"rows":"many"\}$/m)
      expect(stdout).to.match(/^by: \\u001b\[2J$/m)
      expect(stdout).to.match(/^of: \[1,null\]$/m)
    })

    it('predicts rows, which it repeats', async () => {
      const { code, stdout } = await gradlane([
        ...['predict', at('penguins.safetensors'), penguins],
        ...['--keep', 'species,sex', '--proba'],
      ])
      expect(code).to.equal(0)
      const [header, ...lines] = stdout.trimEnd().split('\r\n')
      expect(header).to.equal(
        'species,sex,predicted species,probability,probability of Adelie,probability of Chinstrap,' +
          'probability of Gentoo',
      )
      expect(lines).to.have.length(344)
      const cells = lines.map((line) => line.split(','))
      const right = cells.filter(([truth, , predicted]) => truth === predicted).length
      expect(right).to.be.above(310)
      for (const [, , , likeliest, ...shares] of cells) {
        const probabilities = shares.slice(0, 3).map(Number)
        expect(Number(likeliest)).to.equal(Math.max(...probabilities))
        expect(probabilities.reduce((a, b) => a + b)).to.be.closeTo(1, 1e-6)
      }
    })

    it('tells what each column adds', async () => {
      const rows = readFileSync(penguins, 'utf8').split('\n').slice(0, 9).join('\n')
      const args = ['predict', at('penguins.safetensors'), '-', '--keep', 'none', '--explain']
      const { code, stdout } = await gradlane(args, rows)
      expect(code).to.equal(0)
      const [header, ...lines] = stdout.trimEnd().split('\r\n')
      expect(header).to.equal(
        'predicted species,probability,why island,why bill_length_mm,why bill_depth_mm,' +
          'why flipper_length_mm,why body_mass_g,why sex',
      )
      expect(lines).to.have.length(8)
      for (const line of lines) {
        const [, probability, ...why] = line.split(',').map(Number)
        // Added to the share of the class for a usual row.
        const usual = probability! - why.reduce((sum, each) => sum + each)
        expect(usual).to.be.within(-0.05, 1.05)
        expect(why.some((each) => Math.abs(each) > 0.01)).to.equal(true)
      }
    })

    it('predicts rows from standard input into JSON, and warns of what it has not learned from', async () => {
      const rows = [
        'island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex',
        'Mars,39.1,18.7,181,3750,male',
        'Biscoe,9000,18.7,,3750,',
      ]
      const { code, stdout, stderr } = await gradlane(
        ['predict', at('penguins.safetensors'), '-', '--json', '--keep', 'none'],
        rows.join('\n'),
      )
      expect(code).to.equal(0)
      const answers = JSON.parse(stdout) as Record<string, unknown>[]
      expect(answers).to.have.length(2)
      expect(answers[0]!['predicted species']).to.equal('Adelie')
      expect(stderr).to.include("column 'island': 'Mars' did not occur in the training")
      expect(stderr).to.match(/column 'bill_length_mm': 9000 is outside of the training's/)
    })

    it('names the column that rows lack', async () => {
      const rows = 'island,bill_length_mm\nBiscoe,3\n'
      const { code, stdout, stderr } = await gradlane(
        ['predict', at('penguins.safetensors'), '-'],
        rows,
      )
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.include('ERR_VALUE').and.to.include("'bill_depth_mm'")
      const swapped = await gradlane(['predict', penguins, at('penguins.safetensors')])
      expect(swapped).to.include({ code: 1, stdout: '' })
      expect(swapped.stderr).to.match(/ERR_FORMAT: .*; is .*penguins\.csv a model's file\?/)
    })
  })

  it('learns a number, by the same seed the same one', async () => {
    const file = write('numbers.csv', 'x,kind,y', 400, (i) => {
      const x = ((i * 37) % 100) / 10
      const kind = i % 3
      return `${x},${'abc'[kind]!},${(3 * x + 10 * kind).toFixed(2)}`
    })
    const run = async (): Promise<Result> => {
      const { code, stdout, stderr } = await train(
        file,
        'numbers',
        '-t',
        'y',
        '--json',
        '--lr',
        '0.05',
      )
      expect(code, stderr).to.equal(0)
      return JSON.parse(stdout) as Result
    }
    const result = await run()
    expect(result.task).to.equal('regression')
    expect(result.rows).to.deep.equal({ train: 272, validation: 48, test: 80 })
    const { model, linear, baseline } = result.metrics
    expect(baseline['r2']).to.be.within(-0.2, 0)
    for (const figures of [model, linear]) expect(figures['r2']).to.be.above(0.9)
    expect(model['rmse']).to.be.below(baseline['rmse']!)
    expect(result.importance.map(({ name }) => name)).to.have.members(['x', 'kind'])
    expect(await run()).to.deep.equal(result)
  })

  it('warns by name: few rows, small classes, constants, unseen categories', async () => {
    const file = write('odd.csv', 'copy,same,id,key,noise,y', 160, (i) => {
      const y = i % 27 === 0
      return `${y ? 1 : 0},7,id${i >> 1},key${i},${(i * 7919) % 101},${y ? 'yes' : 'no'}`
    })
    const types = ['--types', 'id=category']
    const { code, stdout, stderr } = await train(file, 'odd', '-t', 'y', '--json', ...types)
    expect(code, stderr).to.equal(0)
    const told = (JSON.parse(stdout) as Result).warnings.join('\n')
    expect(told).to.match(/160 rows are few/)
    expect(told).to.match(/the target 'y' is out of balance: 154 rows are 'no', 6 are 'yes'/)
    expect(told).to.match(/'same' has the same value in each row/)
    expect(told).to.match(/'id' has categories that the training part lacks: 'id\d+'/)
    for (const line of told.split('\n')) expect(stderr).to.include(`warning: ${line}`)
    expect(stderr).to.match(/note: --drop .*--balance/)
    expect(stderr).to.include(
      "column 'key' has another value in each row, as an id has, and is left out",
    )
    expect((JSON.parse(stdout) as Result).importance.map(({ name }) => name)).to.not.include('key')
    const dropped = await train(file, 'odd', '-t', 'y', '--json', '--drop', 'id,same', '--balance')
    expect(dropped.code, dropped.stderr).to.equal(0)
    const result = JSON.parse(dropped.stdout) as Result
    expect(result.warnings.join('\n')).to.not.include("'same'").and.not.include("'id'")
  })

  it('warns of a column that gives the target away', async () => {
    const file = write('leak.csv', 'paid,x,z,bought', 300, (i) => {
      return `${i % 2 === 0 ? 9.5 : 0},${(i * 7919) % 101},${(i * 31) % 17},${i % 2 === 0}`
    })
    const { code, stdout, stderr } = await train(file, 'leak', '-t', 'bought', '--lr', '0.05')
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/warning: 'paid' gives the target away by itself .*\n(.*\n)*.*--drop/)
    expect(stdout).to.match(/^ {2}paid +0\.\d/m)
  })

  it('keeps rows of a group together and takes the latest ones for the test', async () => {
    const file = write('groups.csv', 'who,day,x,y', 200, (i) => {
      return `p${i % 20},2024-01-${String((i % 28) + 1).padStart(2, '0')},${i % 10},${(i % 10) * 2}`
    })
    const grouped = await train(file, 'groups', '-t', 'y', '--group', 'who', '--json')
    expect(grouped.code, grouped.stderr).to.equal(0)
    const { rows } = JSON.parse(grouped.stdout) as Result
    expect(rows.test % 10, 'whole groups of ten').to.equal(0)
    const inspected = await gradlane(['inspect', at('groups.safetensors'), '--json'])
    const { pipeline } = JSON.parse(inspected.stdout) as {
      pipeline: { columns: { name: string }[] }
    }
    expect(pipeline.columns.map(({ name }) => name)).to.deep.equal(['day', 'x'])
    const timed = await train(file, 'groups', '-t', 'y', '--time', 'day', '--json')
    expect(timed.code, timed.stderr).to.equal(0)
  })

  it('takes hostile names for names', async () => {
    const names = ['__proto__', '=1+1', '<img src=x onerror=alert(1)>', 'constructor']
    const file = write('hostile.csv', [...names, '@y'].join(','), 120, (i) => {
      return `${i % 7},${i % 5},${i % 2 === 0 ? '=cmd()' : '<b>'},${i % 3},${i % 2 === 0 ? '=yes' : '-no'}`
    })
    const { code, stderr } = await train(file, 'hostile', '--target', '@y')
    expect(code, stderr).to.equal(0)
    expect(readFileSync(at('hostile.html'), 'utf8')).to.not.include('<img src=x')
    const model = at('hostile.safetensors')
    const csv = (await gradlane(['predict', model, file])).stdout
    expect(csv).to.match(/^__proto__,'=1\+1,<img src=x onerror=alert\(1\)>,constructor,'@y,/)
    expect(csv.split('\r\n')[1])
      .to.include("'=cmd()")
      .and.to.match(/,'=yes,/)
    const raw = (await gradlane(['predict', model, file, '--raw'])).stdout
    expect(raw).to.match(/^__proto__,=1\+1,/)
    const json = (await gradlane(['predict', model, file, '--json'])).stdout
    const [first] = JSON.parse(json) as object[]
    expect(Object.keys(first!)).to.include.members(names)
  })

  it('refuses what cannot be trained, and writes nothing', async () => {
    const one = write('one.csv', 'x,y', 50, (i) => `${i},same`)
    const few = write('few.csv', 'x,y', 9, (i) => `${i},${i / 2}`)
    const empty = at('empty.csv')
    writeFileSync(empty, '')
    const cases: [string[], number, RegExp][] = [
      [[penguins], 2, /which column shall be predicted\? .*'species', 'island'/],
      [[penguins, '-t', 'specis'], 1, /ERR_VALUE: .*did you mean 'species'\?/],
      [[penguins, '-t', 'species', '--types', 'sex=words'], 2, /--types: expected column=type/],
      [[penguins, '-t', 'species', '--hidden', '64,x'], 2, /--hidden: expected whole numbers/],
      [[penguins, '-t', 'species', '--test-size', '2'], 2, /--test-size: expected a number in/],
      [[penguins, '-t', 'species', '--drop', 'specie'], 1, /did you mean 'species'\?/],
      [[penguins, '-t', 'island', '--task', 'regression'], 1, /ERR_/],
      [[one, '-t', 'y'], 1, /ERR_VALUE: .*two classes or more/],
      [[empty, '-t', 'y'], 1, /ERR_FORMAT: .*empty\.csv/],
      [[at('none.csv'), '-t', 'y'], 1, /ENOENT/],
      [[folder, '-t', 'y'], 2, /is a folder$/m],
      [[few, '-t', 'y'], 1, /ERR_VALUE: .* of 10 rows or more with 'y', got 9 rows/],
      [[penguins, '-t', 'species', '--report', at('no/r.html')], 2, /r\.html cannot be written: /],
    ]
    for (const [args, status, message] of cases) {
      const [file, ...rest] = args
      const { code, stdout, stderr } = await train(file!, 'refused', ...rest)
      expect(code, stderr).to.equal(status)
      expect(stdout).to.equal('')
      expect(stderr).to.match(message)
      expect(existsSync(at('refused.safetensors'))).to.equal(false)
    }
  })

  it('writes nothing where the user ends it', async () => {
    const args = ['train', penguins, '-t', 'species', '--out', at('ended.safetensors')]
    const ended = AbortSignal.abort(new Error('ended'))
    const { code } = await gradlane([...args, '--report', at('ended.html')], '', ended)
    expect(code).to.equal(130)
    expect(existsSync(at('ended.safetensors'))).to.equal(false)
  })
})
