import { createRequire } from 'node:module'

/** Of gradlane. A constant in dist/: scripts/build-dist.mjs puts what this gives in its place. */
export const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
