import { io as files, type Tensor } from '../index.js'
import { JSON_OUTPUT } from './arguments.js'
import { commandOf } from './command.js'
import { printJson } from './io.js'
import { bytes, tableOf } from './words.js'

export const command = commandOf({
  name: 'inspect',
  about: 'What a model file holds: its tensors and the text that travels with them.',
  positionals: ['model'],
  options: { json: JSON_OUTPUT },
  examples: ['gradlane inspect model.safetensors'],
  run: async ([file], { json }, io) => {
    const { tensors, metadata } = await files.loadSafetensors(file!)
    const entries = Object.entries(tensors)
    const rows = entries.map(([name, { dtype, shape, data }]) => ({
      name,
      dtype,
      shape,
      bytes: data.byteLength,
    }))
    if (json) return (printJson(io, { metadata, tensors: rows }), 0)
    const size = entries.reduce((sum, [, tensor]) => sum + sizeOf(tensor), 0)
    for (const [key, value] of Object.entries(metadata)) io.print(`${key}: ${value}`)
    io.print(`${entries.length} tensors, ${bytes(size)}`)
    const cells = rows.map((row) => [row.name, row.dtype, `(${row.shape.join(', ')})`])
    for (const line of tableOf(cells, 2)) io.print(`  ${line}`)
    return 0
  },
})

const sizeOf = ({ data }: Tensor): number => data.byteLength
