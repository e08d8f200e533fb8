import type {
  Conv2dArgs,
  Conv2dInputGradientArgs,
  Conv2dWeightGradientArgs,
  ChannelSumArgs,
} from '../conv2d.js'
import { ShapeError, ValueError } from '../../errors.js'
import { doubles } from '../allocate.js'
import { Conv2dAlgorithm, type Conv2dGeometry } from '../conv2d.js'
import { activationOfResult } from './activation.js'
import { floats } from './operand.js'

/** Neighbouring results and where one tap of the kernel reads for them: `count` from `out` on read
 * `in`, `in` + strideWidth, ... Results for which it reads outside of the image are in no run. */
interface Run {
  readonly out: number
  readonly in: number
  readonly count: number
}

/** The runs of tap (p, q) within a plane of results and a plane of inputs. */
function runsOf(g: Conv2dGeometry, p: number, q: number): Run[] {
  const runs: Run[] = []
  const left = q * g.dilationWidth - g.padLeft
  const first = Math.max(0, Math.ceil(-left / g.strideWidth))
  const end = Math.min(g.outWidth, Math.floor((g.inWidth - 1 - left) / g.strideWidth) + 1)
  if (first >= end) return runs
  for (let i = 0; i < g.outHeight; i++) {
    const y = i * g.strideHeight - g.padTop + p * g.dilationHeight
    if (y < 0 || y >= g.inHeight) continue
    runs.push({
      out: i * g.outWidth + first,
      in: y * g.inWidth + first * g.strideWidth + left,
      count: end - first,
    })
  }
  return runs
}

interface Plan {
  /** Channels of the input and of the result in one group. */
  readonly inGroup: number
  readonly outGroup: number
  readonly inPlane: number
  readonly outPlane: number
  readonly inLength: number
  readonly outLength: number
  readonly weightLength: number
}

/** @throws ValueError, ShapeError as the interface says. */
export function checkGeometry(g: Conv2dGeometry, op: string): void {
  const { kernelHeight, kernelWidth, strideHeight, strideWidth } = g
  const { dilationHeight, dilationWidth, groups } = g
  const positive = { kernelHeight, kernelWidth, strideHeight, strideWidth }
  const all = { ...positive, dilationHeight, dilationWidth, groups }
  for (const [name, value] of Object.entries(all)) {
    if (value < 1) throw new ValueError(`${op}: expected ${name} to be at least 1, got ${value}`)
  }
  for (const [name, value] of Object.entries({ padTop: g.padTop, padLeft: g.padLeft })) {
    if (value < 0) throw new ValueError(`${op}: expected ${name} to be at least 0, got ${value}`)
  }
  if (g.inChannels % groups !== 0 || g.outChannels % groups !== 0) {
    throw new ShapeError(
      `${op}: expected groups (${groups}) to divide inChannels (${g.inChannels}) and outChannels (${g.outChannels})`,
    )
  }
}

/**
 * The runs of each tap, row by row; to be called when the operands are checked. Where one side has no
 * elements the kernel may have any size, and meets nothing.
 */
function tapsOf(g: Conv2dGeometry, { inLength, outLength }: Plan): readonly Run[][] {
  const count = inLength * outLength === 0 ? 0 : g.kernelHeight * g.kernelWidth
  return Array.from({ length: count }, (_, tap) =>
    runsOf(g, Math.floor(tap / g.kernelWidth), tap % g.kernelWidth),
  )
}

function planOf(g: Conv2dGeometry, algorithm: Conv2dAlgorithm, op: string): Plan {
  if (!Object.values(Conv2dAlgorithm).includes(algorithm)) {
    throw new ValueError(`${op}: unknown algorithm ${String(algorithm)}`)
  }
  checkGeometry(g, op)
  const { kernelHeight, kernelWidth } = g
  const inGroup = g.inChannels / g.groups
  const inPlane = g.inHeight * g.inWidth
  const outPlane = g.outHeight * g.outWidth
  const inLength = g.batch * g.inChannels * inPlane
  const outLength = g.batch * g.outChannels * outPlane
  return {
    inGroup,
    outGroup: g.outChannels / g.groups,
    inPlane,
    outPlane,
    inLength,
    outLength,
    weightLength: g.outChannels * inGroup * kernelHeight * kernelWidth,
  }
}

export function conv2d({
  x,
  weight,
  bias,
  out,
  geometry,
  activation,
  parameter,
  algorithm,
}: Conv2dArgs): void {
  const op = 'conv2d'
  const { batch, inChannels, outChannels, strideWidth } = geometry
  const f = activationOfResult(activation, parameter, out.dtype)
  const plan = planOf(geometry, algorithm, op)
  const { inGroup, outGroup, inPlane, outPlane } = plan
  const xs = floats(x, plan.inLength, op, 'x')
  const weights = floats(weight, plan.weightLength, op, 'weight')
  const biases = bias ? floats(bias, outChannels, op, 'bias') : null
  const outs = floats(out, plan.outLength, op, 'out')
  if (outs.length === 0) return
  const taps = tapsOf(geometry, plan)

  const sums = doubles(outPlane)
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outChannels; o++) {
      sums.fill(biases ? biases[o]! : 0)
      for (let c = 0; c < inGroup; c++) {
        const channel = Math.floor(o / outGroup) * inGroup + c
        const image = (b * inChannels + channel) * inPlane
        taps.forEach((runs, tap) => {
          const w = weights[(o * inGroup + c) * taps.length + tap]!
          for (const run of runs) {
            for (let n = 0; n < run.count; n++) {
              sums[run.out + n]! += w * xs[image + run.in + n * strideWidth]!
            }
          }
        })
      }
      const at = (b * outChannels + o) * outPlane
      for (let i = 0; i < outPlane; i++) outs[at + i] = f(sums[i]!)
    }
  }
}

export function conv2dInputGradient({
  gradOut,
  weight,
  bias,
  gradX,
  geometry,
  algorithm,
}: Conv2dInputGradientArgs): void {
  const op = 'conv2dInputGradient'
  const { batch, inChannels, outChannels, strideWidth } = geometry
  const plan = planOf(geometry, algorithm, op)
  const { inGroup, outGroup, inPlane, outPlane } = plan
  const gradients = floats(gradOut, plan.outLength, op, 'gradOut')
  const weights = floats(weight, plan.weightLength, op, 'weight')
  const biases = bias ? floats(bias, inChannels, op, 'bias') : null
  const results = floats(gradX, plan.inLength, op, 'gradX')
  if (results.length === 0) return
  const taps = tapsOf(geometry, plan)

  const sums = doubles(inPlane)
  for (let b = 0; b < batch; b++) {
    for (let channel = 0; channel < inChannels; channel++) {
      sums.fill(biases ? biases[channel]! : 0)
      const c = channel % inGroup
      for (let i = 0; i < outGroup; i++) {
        const o = Math.floor(channel / inGroup) * outGroup + i
        const image = (b * outChannels + o) * outPlane
        taps.forEach((runs, tap) => {
          const w = weights[(o * inGroup + c) * taps.length + tap]!
          for (const run of runs) {
            for (let n = 0; n < run.count; n++) {
              sums[run.in + n * strideWidth]! += w * gradients[image + run.out + n]!
            }
          }
        })
      }
      results.set(sums, (b * inChannels + channel) * inPlane)
    }
  }
}

export function conv2dWeightGradient({
  x,
  gradOut,
  gradWeight,
  geometry,
  beta,
  algorithm,
}: Conv2dWeightGradientArgs): void {
  const op = 'conv2dWeightGradient'
  const { batch, inChannels, outChannels, strideWidth } = geometry
  const plan = planOf(geometry, algorithm, op)
  const { inGroup, outGroup, inPlane, outPlane } = plan
  const xs = floats(x, plan.inLength, op, 'x')
  const gradients = floats(gradOut, plan.outLength, op, 'gradOut')
  const results = floats(gradWeight, plan.weightLength, op, 'gradWeight')
  const taps = tapsOf(geometry, plan)
  if (taps.length === 0) {
    for (let i = 0; i < results.length; i++) results[i] = beta === 0 ? 0 : beta * results[i]!
    return
  }

  for (let o = 0; o < outChannels; o++) {
    for (let c = 0; c < inGroup; c++) {
      const channel = Math.floor(o / outGroup) * inGroup + c
      taps.forEach((runs, tap) => {
        let sum = 0
        for (let b = 0; b < batch; b++) {
          const image = (b * inChannels + channel) * inPlane
          const result = (b * outChannels + o) * outPlane
          for (const run of runs) {
            for (let n = 0; n < run.count; n++) {
              sum += gradients[result + run.out + n]! * xs[image + run.in + n * strideWidth]!
            }
          }
        }
        const at = (o * inGroup + c) * taps.length + tap
        results[at] = beta === 0 ? sum : sum + beta * results[at]!
      })
    }
  }
}

export function channelSum({ x, out, batch, channels, spatial, beta }: ChannelSumArgs): void {
  const xs = floats(x, batch * channels * spatial, 'channelSum', 'x')
  const outs = floats(out, channels, 'channelSum', 'out')
  const summed = xs.length === 0 ? 0 : batch
  for (let c = 0; c < channels; c++) {
    let sum = 0
    for (let b = 0; b < summed; b++) {
      const at = (b * channels + c) * spatial
      for (let i = 0; i < spatial; i++) sum += xs[at + i]!
    }
    outs[c] = beta === 0 ? sum : sum + beta * outs[c]!
  }
}

export const conv2dKernels = { conv2d, conv2dInputGradient, conv2dWeightGradient, channelSum }
