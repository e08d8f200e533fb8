import { checkArguments } from '../check.js'
import { complaint, NotFiniteError } from '../errors.js'
import { refuseWhileRecording } from '../kernels/backend.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { written } from './check.js'
import { checkSync, settled } from './grad-mode.js'
import { type Gradient, type Node, observeNodes } from './node.js'

/** Where the forward of an operation was called, and a sum of the bits of each tensor that it saved. */
interface Trace {
  readonly stack: string
  readonly sums: readonly number[]
}

/** What `detectAnomaly` has seen. */
interface Detection {
  readonly traces: WeakMap<Node, Trace>
  /** The operation that made the first NaN in forward. */
  first: string | null
}

/** null where nothing is looked for. */
let detection: Detection | null = null

/**
 * Runs `body` and looks for what makes gradients NaN: a backward pass inside of it throws at the first
 * operation whose backward gives a NaN, with the stack of its forward, and names the operation that made
 * the first NaN in forward. It also throws where a tensor that an operation has saved was written through
 * `tensor.data`, which is not seen otherwise.
 *
 * For finding a fault: every operation takes a stack and reads all its numbers.
 *
 * @throws NotFiniteError at the first NaN; ValueError for a write, and for an async function; CaptureError
 *   when a step is captured inside of it.
 *
 * @example
 * autograd.detectAnomaly(() => {
 *   criterion.forward(model.forward(x), y).backward()
 * })
 *
 * Source: https://pytorch.org/docs/stable/autograd.html#anomaly-detection
 */
export function detectAnomaly<T>(body: () => T): T {
  checkArguments('autograd.detectAnomaly', 1, arguments)
  const who = 'autograd.detectAnomaly'
  checkSync(who, body)
  refuseWhileRecording(who, 'look for it before capture')
  const outer = detection
  const own: Detection = outer ?? { traces: new WeakMap(), first: null }
  detection = own
  const before = observeNodes((node, inputs, outputs) => {
    refuseWhileRecording(who, 'capture the step outside of it')
    if (outer === null) trace(own, node, inputs, outputs)
    before?.(node, inputs, outputs)
  })
  try {
    return settled(who, body())
  } finally {
    detection = outer
    observeNodes(before)
  }
}

function trace(
  seen: Detection,
  node: Node,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  const stack = stackHere()
  seen.traces.set(node, {
    stack,
    sums: node.saved.map((tensor) => (tensor === null ? 0 : sumOfBits(tensor))),
  })
  if (seen.first === null && outputs.some(hasNaN) && !inputs.some(hasNaN)) {
    seen.first = `${node.op}, called\n${stack}`
  }
}

/** Without the frames between the operation and here. */
function stackHere(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const { stack = '' } = new Error()
  Error.stackTraceLimit = limit
  return stack.split('\n').slice(5).join('\n')
}

/** Whether it is looked for now. */
export function isDetecting(): boolean {
  return detection !== null
}

/** @throws NotFiniteError when what a backward pass begins with is NaN, in `detectAnomaly`. */
export function checkRoot(root: Tensor): void {
  if (detection === null || !hasNaN(root)) return
  throw new NotFiniteError(`backward: ${root.toString()} is NaN${origin(detection)}`)
}

/** @throws NotFiniteError when an operation's backward has given a NaN, in `detectAnomaly`. */
export function checkNumbers(node: Node, shares: readonly Gradient[]): void {
  if (detection === null) return
  const index = shares.findIndex((share) => share !== null && hasNaN(share))
  if (index < 0) return
  const stack = detection.traces.get(node)?.stack ?? '    outside of detectAnomaly'
  const what = `the gradient that ${node.op} gives its operand ${index}`
  const got = `NaN in shape ${formatShape(shares[index]!.shape)}`
  throw new NotFiniteError(
    `${complaint('backward', what, 'a number', got)}; its forward was called\n${stack}${origin(detection)}`,
  )
}

function origin({ first }: Detection): string {
  return first === null ? '' : `\nThe first NaN of the forward was made by ${first}`
}

/** @throws ValueError when something that an operation saved has other bits now, in `detectAnomaly`. */
export function checkSums(node: Node): void {
  const sums = detection?.traces.get(node)?.sums
  if (sums === undefined || node.region !== null) return
  node.saved.forEach((tensor, i) => {
    if (tensor !== null && sumOfBits(tensor) !== sums[i]) throw written(node.op, tensor)
  })
}

function hasNaN({ dtype, elements }: Tensor): boolean {
  if (dtype !== 'float32' && dtype !== 'float64') return false
  for (const value of elements) if (Number.isNaN(value)) return true
  return false
}

/** FNV-1a over the bytes. */
function sumOfBits({ elements }: Tensor): number {
  const { buffer, byteOffset, byteLength } = elements
  let sum = 0x811c9dc5
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
    sum = Math.imul(sum ^ byte, 0x01000193)
  }
  return sum
}
