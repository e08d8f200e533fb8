import { ValueError } from '../../errors.js'
import type { Schedulable } from './scheduler.js'

/** @throws ValueError when a group has neither momentum nor betas. */
export function checkMomentum(who: string, { paramGroups }: Schedulable): void {
  if (paramGroups.every((group) => 'momentum' in group || 'betas' in group)) return
  throw new ValueError(
    `${who}: expected an optimizer with momentum or betas; cycleMomentum: false leaves them alone`,
  )
}

/** Sets the momentum of a group, β₁ where it has betas. */
export function setMomentum(group: object, value: number): void {
  const live = group as { momentum?: number; betas?: readonly [number, number] }
  if (live.betas !== undefined) live.betas = [value, live.betas[1]]
  else live.momentum = value
}
