import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects what is held by nobody now, which V8 otherwise does when it likes. */
export const collectGarbage = runInNewContext('gc') as () => void
