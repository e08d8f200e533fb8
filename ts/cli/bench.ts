import { info } from '../index.js'
import { positive, whole } from '../options.js'
import { count } from '../report/words.js'
import { JSON_OUTPUT, number } from './arguments.js'
import { type Measured, measure } from './benchmark.js'
import { commandOf } from './command.js'
import { printJson } from './io.js'
import { tableOf } from './words.js'

export const command = commandOf({
  name: 'bench',
  about:
    'Times training steps (forward, loss, backward, optimizer) and the answer to one row, of a few networks on\n' +
    'this machine: medians of interleaved rounds. Anything else that runs meanwhile makes them worse.',
  positionals: [],
  options: {
    seconds: number('s', 'time for each figure of a round', positive(0.2)),
    rounds: number('n', 'rounds', whole(1, 5)),
    json: JSON_OUTPUT,
  },
  examples: ['gradlane bench', 'GRADLANE_NUM_THREADS=1 gradlane bench --json'],
  run: async (_given, { seconds, rounds, json }, io) => {
    const results = await measure(rounds, seconds, io)
    if (json) return (printJson(io, { ...info(), results }), 0)
    const { backend, isa, threads, cpu, version } = info()
    io.print(
      `gradlane ${version}, ${isa ?? backend}, ${threads} threads, ${cpu || 'unknown processor'}`,
    )
    io.print('')
    for (const line of tableOf([HEAD, ...results.map(rowOf)], 2)) io.print(line)
    return 0
  },
})

const HEAD = ['network', 'layers', 'batch', 'us a step', 'rows/s', 'us a row alone']

function rowOf({ network, layers, batch, stepMicroseconds, rowMicroseconds }: Measured): string[] {
  const rows = (batch / stepMicroseconds) * 1e6
  return [
    network,
    layers,
    String(batch),
    stepMicroseconds.toPrecision(4),
    count(Math.round(rows)),
    rowMicroseconds.toPrecision(4),
  ]
}
