import { UpdateHyper, UpdateKind } from '../../../ts/kernels/kernels.js'
import { n, type OpCalls, v, values, type Views } from './op-call.js'

const slots = (views: Views) => [
  { parameter: v(views, 'parameter'), gradient: v(views, 'gradient'), index: 0, stateOffset: 0 },
]

/** Operands of an optimizer step with these hyper-parameters. */
const step = (length: number, hyper: Record<number, number>, arrays: number) => () => ({
  hyper: Float64Array.from({ length }, (_, i) => hyper[i] ?? 0),
  steps: new Float64Array(1),
  state: new Float32Array(arrays * n),
  gradient: values(n, 1),
  parameter: values(n, 2),
})

export const optimizerCalls = {
  updateStep: {
    operands: () => {
      const hyper = { [UpdateHyper.lr]: 0.1, [UpdateHyper.beta1]: 0.9, [UpdateHyper.eps]: 1e-8 }
      const { parameter, ...others } = step(UpdateHyper.length, hyper, 2)()
      return { products: new Float64Array(1), ...others, parameter }
    },
    run: (k, w) => {
      const [hyper, steps, products] = [v(w, 'hyper'), v(w, 'steps'), v(w, 'products')]
      k.updateStep({
        kind: UpdateKind.nadam,
        hyper,
        steps,
        products,
        state: v(w, 'state'),
        stateLength: n,
        slots: slots(w),
      })
    },
  },
  gradNorm: {
    operands: () => ({ parameter: values(n, 1), gradient: values(n, 2), out: new Float64Array(1) }),
    run: (k, w) => {
      k.gradNorm({ out: v(w, 'out'), p: 2, slots: slots(w) })
    },
  },
  clipGradients: {
    operands: () => ({ norm: Float64Array.of(9), parameter: values(n, 1), gradient: values(n, 2) }),
    run: (k, w) => {
      k.clipGradients({ norm: v(w, 'norm'), maxNorm: 1, slots: slots(w) })
    },
  },
} satisfies OpCalls
