import { complaint, ValueError } from '../../errors.js'

/** @throws ValueError for repeats that would all be the same. @internal */
export function checkRepeats(
  who: string,
  { nRepeats, shuffle }: { readonly nRepeats: number; readonly shuffle: boolean },
): void {
  if (nRepeats === 1 || shuffle) return
  const hint = 'pass { shuffle: true }'
  throw new ValueError(complaint(who, 'shuffle', 'true where nRepeats is above 1', false, hint))
}
