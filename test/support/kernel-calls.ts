import { kernels } from '../../ts/kernels/backend.js'

type Name = 'matmul' | 'attention'
type Kernel = (args: never) => void

/** How often the backend's kernel of a name is called by a function. */
export function kernelCalls(name: Name, body: () => void): number {
  const table = kernels() as unknown as Record<Name, Kernel>
  const own = table[name]
  let calls = 0
  table[name] = (args) => {
    calls++
    own(args)
  }
  try {
    body()
  } finally {
    table[name] = own
  }
  return calls
}
