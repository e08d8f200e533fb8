import { getBackend, setBackend } from '../../ts/kernels/backend.js'
import type { BackendName } from '../../ts/kernels/environment.js'
import { backends, referenceTestedHere } from './backends.js'

/** The tests that `body` declares, once on each backend that this run tests. */
export function eachBackend(body: (name: BackendName) => void): void {
  for (const { name } of backends) {
    if (name === 'reference' && !referenceTestedHere) continue
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
