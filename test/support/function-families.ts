import { readdirSync } from 'node:fs'
import path from 'node:path'

const folder = new URL('../fixtures/functions/', import.meta.url)

/** The files of cases in test/fixtures/functions/, by name. */
export const families: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => path.basename(file, '.json'))
