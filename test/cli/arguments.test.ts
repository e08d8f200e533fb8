import { expect } from 'chai'

import {
  flag,
  listOptions,
  number,
  readArguments,
  text,
  texts,
  word,
} from '../../ts/cli/arguments.js'
import { UsageError } from '../../ts/cli/usage-error.js'
import { share, whole } from '../../ts/options.js'

const options = {
  target: text('column', 'the column to predict', undefined, 't'),
  out: text('file', 'where to write', 'model.safetensors'),
  epochs: number('n', 'passes over the rows', whole(1)),
  part: number('share', 'held out', share(0.2, '(0, 1)')),
  task: word('what to do', ['classification', 'regression']),
  drop: texts('columns', 'columns to leave out'),
  json: flag('as JSON'),
}

const read = (...args: string[]) => readArguments(args, ['file', '[more]'], options)

describe('command line: arguments', () => {
  it('are options by name or letter, with what stands for those left out', () => {
    const { values, given } = read('-t', 'price', 'a.csv', '--epochs=7', '--json')!
    expect(values).to.deep.equal({
      target: 'price',
      out: 'model.safetensors',
      epochs: 7,
      part: 0.2,
      task: undefined,
      drop: [],
      json: true,
      help: false,
    })
    expect(given).to.deep.equal(['a.csv'])
  })

  it('take lists between commas, and once more', () => {
    const { values } = read('a.csv', '--drop', 'id,name', '--drop=note,')!
    expect(values.drop).to.deep.equal(['id', 'name', 'note'])
  })

  it('take what looks like an option behind = and behind --', () => {
    const { values, given } = read('--target=--price', '--', '--a.csv')!
    expect(values.target).to.equal('--price')
    expect(given).to.deep.equal(['--a.csv'])
  })

  it('are refused with what is expected, and the name that was meant', () => {
    const cases: [string[], string][] = [
      [['a', '--traget', 'x'], 'unknown option --traget; did you mean --target?'],
      [['a', '-x'], 'unknown option -x'],
      [['a', '--constructor'], 'unknown option --constructor'],
      [['a', '--__proto__=1'], 'unknown option --__proto__'],
      [['a', '--target'], '--target: expected column, got nothing'],
      [
        ['a', '--target', '--json'],
        '--target: expected column, got nothing; for --json itself write',
      ],
      [['a', '--target='], '--target: expected column, got an empty text'],
      [['a', '--json=yes'], '--json takes no value'],
      [['a', '--epochs', '1.5'], "--epochs: expected a whole number of at least 1, got '1.5'"],
      [['a', '--epochs', ''], "--epochs: expected a whole number of at least 1, got ''"],
      [['a', '--part', '1'], "--part: expected a number in (0, 1), got '1'"],
      [['a', '--task', 'x'], "--task: expected classification or regression, got 'x'"],
      [[], 'missing: <file>'],
      [['a', 'b', 'c'], "one argument too many: 'c'"],
    ]
    for (const [args, message] of cases) {
      expect(() => read(...args), args.join(' ')).to.throw(UsageError, message)
    }
  })

  it('ask for help whatever else they say that is known', () => {
    expect(read('--help')).to.equal(null)
    expect(read('-h', '--json')).to.equal(null)
    const help = listOptions(options)
    expect(help).to.match(/^ {2}-t, --target <column> {2,}the column to predict$/m)
    expect(help).to.match(/--out <file> {2,}where to write \(model\.safetensors\)$/m)
    expect(help).to.match(/--part <share> +held out \(0\.2\)$/m)
  })
})
