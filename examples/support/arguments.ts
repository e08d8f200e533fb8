import { setBackend } from '../../ts/index.js'

/** A whole number of at least `min` from the command line; ends the program with a message otherwise. */
export function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
    refuse(`--${option}: expected a whole number of at least ${min}, got ${text}`)
  }
  return value
}

/** Switches to the backend that the command line names; does nothing when it names none. */
export function chooseBackend(name: string | undefined): void {
  if (name === undefined) return
  if (name !== 'native' && name !== 'reference') {
    refuse(`--backend: expected native or reference, got ${name}`)
  }
  setBackend(name)
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
