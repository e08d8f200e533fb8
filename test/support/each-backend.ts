import { getBackend, setBackend } from '../../ts/kernels/backend.js'
import type { BackendName } from '../../ts/kernels/environment.js'

// With GRADLANE_BACKEND=reference no native binary is expected to exist.
const names: readonly BackendName[] =
  process.env['GRADLANE_BACKEND'] === 'reference' ? ['reference'] : ['native', 'reference']

/** The tests that `body` declares, once on each backend. */
export function eachBackend(body: (name: BackendName) => void): void {
  for (const name of names) {
    describe(`on the ${name} backend`, () => {
      let before: BackendName
      beforeEach(() => {
        before = getBackend()
        setBackend(name)
      })
      afterEach(() => {
        setBackend(before)
      })
      body(name)
    })
  }
}
