// Whether somebody keeps graphs that no backward pass goes through: losses in a list, or an evaluation
// outside of noGrad. What is still alive only the garbage collector knows, and it does not tell before
// the end of a synchronous loop, so results of one number are counted that nothing was computed from.

const MANY = 1000

let results = 0
let isSaid = false

/** An operation of the graph has a result of one number, as a loss is. */
export function noteResult(): void {
  if (++results === MANY && !isSaid) say()
}

/** Something is computed from one. */
export function noteUseOfResult(): void {
  if (results > 0) results--
}

/** A backward pass frees the graph that it goes through. */
export function noteBackward(): void {
  results = 0
}

function say(): void {
  isSaid = true
  process.emitWarning(
    `${MANY} results of one number were computed, with the graph that each of them holds for a backward ` +
      'pass, and none has come. Where they are only read, compute them in noGrad(() => …), and keep ' +
      'loss.item() in a list instead of loss.',
    { type: 'GradlaneWarning', code: 'GRADLANE_KEPT_GRAPHS' },
  )
}
