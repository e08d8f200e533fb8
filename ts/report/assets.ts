import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { AssetNotFoundError } from '../errors.js'
import { reasonOf } from '../show.js'

/** What a page carries along. */
export interface Assets {
  /** Style and script of the page itself. */
  readonly style: string
  readonly script: string
  readonly uPlotStyle: string
  readonly uPlotScript: string
  /** uPlot's licence. */
  readonly uPlotLicense: string
}

let read: Assets | undefined

/**
 * Reads the parts of a page, once: its own from beside this module, uPlot's from node_modules. In dist/ they
 * are constants: scripts/build-dist.mjs puts what this gives in the place of this module.
 *
 * @throws AssetNotFoundError when one is missing.
 */
export function assets(): Assets {
  read ??= {
    style: own('theme.css') + own('page.css'),
    script: own('page.js'),
    uPlotStyle: ofUPlot('dist/uPlot.min.css'),
    uPlotScript: ofUPlot('dist/uPlot.iife.min.js'),
    uPlotLicense: ofUPlot('LICENSE'),
  }
  return read
}

function own(name: string): string {
  return text(fileURLToPath(new URL(`assets/${name}`, import.meta.url)))
}

function ofUPlot(name: string): string {
  const { resolve } = createRequire(import.meta.url)
  return text(path.join(path.dirname(resolve('uplot/package.json')), name))
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new AssetNotFoundError(`report: ${reasonOf(error)}`)
  }
}
