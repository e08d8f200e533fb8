import { readFileSync } from 'node:fs'

/** What the page of a served model is made of, beside its HTML. */
export interface Assets {
  readonly style: string
  readonly script: string
}

let read: Assets | undefined

/** Read once. Constants in dist/: scripts/build-dist.mjs puts what this gives in the place of this module. */
export function assets(): Assets {
  read ??= {
    style: text('../report/assets/theme.css') + text('assets/form.css'),
    script: text('assets/form.js'),
  }
  return read
}

function text(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}
