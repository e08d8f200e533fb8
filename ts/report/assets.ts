import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { AssetNotFoundError } from '../errors.js'

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

const folder = fileURLToPath(new URL('assets', import.meta.url))

let read: Assets | undefined

/**
 * Reads the parts of a page, once. They lie beside this module; uPlot is copied there when the package
 * is built and comes from node_modules when gradlane runs from its sources.
 *
 * @throws AssetNotFoundError when one is missing.
 */
export function assets(): Assets {
  read ??= {
    style: text('page.css'),
    script: text('page.js'),
    uPlotStyle: text('uPlot.min.css', 'dist/uPlot.min.css'),
    uPlotScript: text('uPlot.iife.min.js', 'dist/uPlot.iife.min.js'),
    uPlotLicense: text('uPlot.LICENSE', 'LICENSE'),
  }
  return read
}

function text(name: string, inPackage?: string): string {
  const places = [path.join(folder, name)]
  if (inPackage !== undefined) places.push(...inUPlot(inPackage))
  const found = places.find((place) => existsSync(place))
  if (found !== undefined) return readFileSync(found, 'utf8')
  throw new AssetNotFoundError(
    `report: ${name} was not found at ${places.join(' or ')}; install gradlane again, or, in its ` +
      'sources, run npm ci',
  )
}

/** Where uPlot has a file in node_modules; nowhere when it is not installed. */
function inUPlot(file: string): string[] {
  try {
    const description = createRequire(import.meta.url).resolve('uplot/package.json')
    return [path.join(path.dirname(description), file)]
  } catch {
    return []
  }
}
