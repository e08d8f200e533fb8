import { AssetNotFoundError } from './errors.js'
import { reasonOf } from './show.js'

/**
 * A package that is no dependency, loaded when it is first needed.
 *
 * @param what What needs it, for the message.
 * @throws AssetNotFoundError with the line that installs it.
 */
export async function peer<M>(what: string, name: string, fix = `npm install ${name}`): Promise<M> {
  const found = await peerIfInstalled<M>(what, name, fix)
  if (found === null) throw new AssetNotFoundError(needs(what, name, fix))
  return found
}

/**
 * The same for a package that one can do without: null where it is not installed. Its name is no literal of
 * an `import`, or bundlers would want it where nobody needs it.
 *
 * @throws AssetNotFoundError with the reason, where it is there and does not load.
 */
export async function peerIfInstalled<M>(
  what: string,
  name: string,
  fix = `npm install ${name}`,
): Promise<M | null> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as M
  } catch (error) {
    const { code } = Object(error) as NodeJS.ErrnoException
    const why = reasonOf(error)
    // It may also be there and lack a package of its own.
    if (code === 'ERR_MODULE_NOT_FOUND' && why.includes(`'${name}'`)) return null
    throw new AssetNotFoundError(`${needs(what, name, fix)} (${why})`)
  }
}

function needs(what: string, name: string, fix: string): string {
  return `${what} needs the package ${name}: ${fix}`
}
