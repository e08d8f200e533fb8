import { AssetNotFoundError } from './errors.js'
import { reasonOf } from './show.js'

/**
 * A package that is no dependency, loaded when it is first needed. Its name is no literal of an `import`, or
 * bundlers would want it where nobody needs it.
 *
 * @param what What needs it, for the message.
 * @throws AssetNotFoundError with the line that installs it.
 */
export async function peer<M>(
  what: string,
  name: string,
  cure = `npm install ${name}`,
): Promise<M> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as M
  } catch (error) {
    const { code } = Object(error) as NodeJS.ErrnoException
    const why = reasonOf(error)
    // It may also be there and lack a package of its own.
    const missing = code === 'ERR_MODULE_NOT_FOUND' && why.includes(`'${name}'`)
    const reason = missing ? '' : ` (${why})`
    throw new AssetNotFoundError(`${what} needs the package ${name}: ${cure}${reason}`)
  }
}
