import { complaint, ShapeError, ValueError } from '../errors.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { checkOperands } from './check.js'
import { contract, type Label, type Named, ordered } from './contract.js'
import { diagonal } from './diagonal.js'
import { sum } from './reduce.js'

/** Which names the operands and the result have, `...` as one of them. */
interface Equation {
  readonly inputs: readonly (readonly string[])[]
  /** null: it is left out. */
  readonly output: readonly string[] | null
}

const DOTS = '...'

function refused(expected: string, got: unknown): ValueError {
  return new ValueError(complaint('einsum', 'the equation', expected, got))
}

/** The names of one operand or of the result, in order. */
function namesOf(equation: string, part: string): string[] {
  const names = part.match(/\.\.\.|[a-zA-Z]/g) ?? []
  if (names.join('') !== part) throw refused('letters and at most one ... an operand', equation)
  if (names.filter((name) => name === DOTS).length > 1) {
    throw refused('at most one ... an operand', equation)
  }
  return names
}

function parsed(equation: string): Equation {
  if (typeof equation !== 'string') throw refused("a text, as 'ij,jk->ik'", equation)
  const sides = equation.replaceAll(/\s/g, '').split('->')
  if (sides.length > 2) throw refused('with one ->', equation)
  const inputs = sides[0]!.split(',').map((part) => namesOf(equation, part))
  if (sides.length === 1) return { inputs, output: null }
  const output = namesOf(equation, sides[1]!)
  output.forEach((name, i) => {
    if (output.indexOf(name) !== i) throw refused('a result that has each letter once', equation)
    if (name !== DOTS && !inputs.some((names) => names.includes(name))) {
      throw refused(`an operand that has ${name}`, equation)
    }
  })
  return { inputs, output }
}

/** A dimension for each name; those of `...` are counted from the last one, -1, on. */
function labelled(equation: string, x: Tensor, names: readonly string[]): Named {
  const letters = names.filter((name) => name !== DOTS).length
  const more = x.ndim - letters
  if (more < 0 || (more > 0 && letters === names.length)) {
    throw new ShapeError(
      complaint(
        'einsum',
        `the operand of ${names.join('')}`,
        `of ${letters} dimension${letters === 1 ? '' : 's'}`,
        formatShape(x.shape),
      ),
    )
  }
  const labels = names.flatMap((name): Label[] =>
    name === DOTS ? Array.from({ length: more }, (_, i) => i - more) : [name],
  )
  return once(equation, { x, labels })
}

/** The diagonal of dimensions that have one name. */
function once(equation: string, { x, labels }: Named): Named {
  const second = labels.findIndex((label, i) => labels.indexOf(label) !== i)
  if (second < 0) return { x, labels }
  const first = labels.indexOf(labels[second]!)
  if (x.shape[first] !== x.shape[second])
    throw unequal(labels[second]!, x.shape[first]!, x.shape[second]!)
  return once(equation, { x: diagonal(x, first, second), labels: labels.toSpliced(second, 1) })
}

function unequal(label: Label, a: number, b: number): ShapeError {
  const what = typeof label === 'number' ? 'the dimensions of ...' : `the sizes of ${label}`
  return new ShapeError(complaint('einsum', what, 'equal, or 1', `${a} and ${b}`))
}

/** The size of each name; one of 1 goes along with any other. */
function sizesOf(operands: readonly Named[]): Map<Label, number> {
  const sizes = new Map<Label, number>()
  for (const { x, labels } of operands) {
    labels.forEach((label, i) => {
      const [size, known] = [x.shape[i]!, sizes.get(label) ?? 1]
      if (size !== 1 && known !== 1 && size !== known) throw unequal(label, known, size)
      sizes.set(label, known === 1 ? size : known)
    })
  }
  return sizes
}

/** Without the dimensions of size 1 that stand for larger ones. */
function squeezed({ x, labels }: Named, sizes: ReadonlyMap<Label, number>): Named {
  const kept = labels.filter((label, i) => x.shape[i] === sizes.get(label))
  if (kept.length === labels.length) return { x, labels }
  return { x: x.reshape(kept.map((label) => sizes.get(label)!)), labels: kept }
}

/** Summed over what nobody needs any more. */
function summed({ x, labels }: Named, needed: (label: Label) => boolean): Named {
  const dims = labels.flatMap((label, i) => (needed(label) ? [] : [i]))
  return dims.length === 0 ? { x, labels } : { x: sum(x, dims), labels: labels.filter(needed) }
}

/** The product of two operands, summed over what nobody needs any more. */
function multiplied(
  left: Named,
  right: Named,
  sizes: ReadonlyMap<Label, number>,
  needed: (label: Label) => boolean,
  result: readonly Label[],
): Named {
  const a = summed(left, (label) => needed(label) || right.labels.includes(label))
  const b = summed(right, (label) => needed(label) || left.labels.includes(label))
  const found = [...new Set([...a.labels, ...b.labels])].filter(needed)
  const isLast = found.length === result.length && result.every((label) => found.includes(label))
  const both = found.filter((label) => a.labels.includes(label) && b.labels.includes(label))
  const labels = isLast ? result : [...both, ...found.filter((label) => !both.includes(label))]
  return { x: contract(a, b, labels, sizes), labels }
}

/** The names of the result: those of `...`, then the letters that stand once, in their order. */
function impliedBy(operands: readonly Named[], inputs: Equation['inputs']): Label[] {
  const letters = inputs
    .flat()
    .filter((name, _, all) => name !== DOTS && all.indexOf(name) === all.lastIndexOf(name))
  return [...dotsOf(operands), ...letters.sort((a, b) => (a < b ? -1 : 1))]
}

function dotsOf(operands: readonly Named[]): number[] {
  const dots = operands.flatMap(({ labels }) => labels.filter((label) => typeof label === 'number'))
  return [...new Set(dots)].sort((a, b) => a - b)
}

/**
 * Sums of products by the names of dimensions: a letter that the result lacks is summed over.
 *
 * @param equation The letters of each operand's dimensions, separated by commas, then `->` and those of the
 *   result. A letter twice in an operand takes its diagonal, `...` stands for any dimensions before, between
 *   or behind the letters, which are broadcast. Without `->` the result has those of `...`, then the letters
 *   that stand once, in alphabetic order.
 * @param operands From left to right two at a time are multiplied.
 * @throws ValueError when the equation is none, ShapeError when the sizes do not go with it, DTypeError
 *   unless all operands are float32 or all float64.
 * @see https://pytorch.org/docs/stable/generated/torch.einsum.html
 *
 * @example
 * einsum('bij,bjk->bik', a, b) // bmm(a, b)
 * einsum('ii', a) // the trace
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  const { inputs, output } = parsed(equation)
  if (operands.length !== inputs.length) {
    const expected = `as many as the equation has, ${inputs.length}`
    throw new ValueError(complaint('einsum', 'the operands', expected, operands.length))
  }
  operands.forEach((x) => {
    checkOperands('einsum', operands[0]!, x)
  })
  const named = operands.map((x, i) => labelled(equation, x, inputs[i]!))
  const sizes = sizesOf(named)
  const result =
    output?.flatMap((name): Label[] => (name === DOTS ? dotsOf(named) : [name])) ??
    impliedBy(named, inputs)
  const rest = named.map((operand) => squeezed(operand, sizes))
  let whole = rest.shift()!
  while (rest.length > 0) {
    const next = rest.shift()!
    const needed = (label: Label): boolean =>
      result.includes(label) || rest.some(({ labels }) => labels.includes(label))
    whole = multiplied(whole, next, sizes, needed, result)
  }
  whole = summed(whole, (label) => result.includes(label))
  return ordered(whole, result)
}
