/** A number as a reader takes it in: four digits, an exponent where zeros would be counted. */
export function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e6 || size < 1e-4) return signed(value.toExponential(2))
  if (size >= 1000) return signed(Math.round(value).toLocaleString('en'))
  return signed(value.toPrecision(4))
}

/** A share of 1. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : number(share)
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

/** `3 epochs`, `1 epoch`. */
export function some(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** `12.3 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!(seconds >= 0)) return number(seconds)
  if (seconds < 0.001) return `${(seconds * 1e6).toPrecision(3)} µs`
  if (seconds < 1) return `${(seconds * 1000).toPrecision(3)} ms`
  if (seconds < 60) return `${seconds.toPrecision(3)} s`
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`
}

/** Whole numbers in words: `3`, `3 and 5`, `3–7 and 9`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = []
  for (const value of numbers) {
    const run = runs.at(-1)
    if (run?.[1] === value - 1) run[1] = value
    else runs.push([value, value])
  }
  const shown = runs.slice(0, 6).map(([first, last]) => {
    if (first === last) return String(first)
    return last === first + 1 ? `${first}, ${last}` : `${first}–${last}`
  })
  if (runs.length > 6) return `${shown.join(', ')}, …`
  if (shown.length < 2) return shown.join('')
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)!}`
}

/** `topKAccuracy` is `Top K accuracy`. */
export function titleOf(name: string): string {
  if (/^[a-z]*[0-9]?$/.test(name) && name.length <= 3) return name.toUpperCase()
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ')
  const lower = spaced.replace(/ [A-Z](?=[a-z])/g, (start) => start.toLowerCase())
  return lower.charAt(0).toUpperCase() + lower.slice(1)
}

function signed(text: string): string {
  return text.replace('-', '−').replace('e−', 'e-').replace('e+', 'e')
}
