export { gradcheck, type GradcheckOptions } from './gradcheck.js'
export type { TensorFunction } from './gradcheck-function.js'
export {
  type GradcheckElement,
  GradcheckError,
  type GradcheckReport,
  type Sides,
} from './gradcheck-report.js'
export { inputGradient } from './input-gradient.js'
export { jacobian, parameterJacobians } from './jacobian.js'
export {
  numericalJacobian,
  numericalParameterJacobians,
  type NumericalOptions,
} from './numerical.js'
