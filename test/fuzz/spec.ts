import ts from 'typescript'

/** What values of a type look like. */
export type Spec =
  | { readonly kind: 'any' | 'number' | 'string' | 'bigint' | 'symbol' }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'union'; readonly of: readonly Spec[] }
  | { readonly kind: 'array'; readonly of: Spec }
  | { readonly kind: 'tuple'; readonly of: readonly Spec[] }
  | { readonly kind: 'record'; readonly of: Spec }
  | { readonly kind: 'object'; readonly name: string; readonly properties: readonly Property[] }
  | { readonly kind: 'function'; readonly returns: Spec }
  | { readonly kind: 'instance'; readonly name: string; readonly of: readonly Spec[] }

export interface Property {
  readonly name: string
  readonly spec: Spec
  readonly optional: boolean
}

const any: Spec = { kind: 'any' }

/** Reads types of a program. One spec a type, so that types which contain themselves end. */
export class SpecReader {
  readonly #seen = new Map<ts.Type, Spec>()

  /** @param classOf The name of an exported class, which its instances are asked for by. */
  constructor(
    readonly checker: ts.TypeChecker,
    readonly classOf: (symbol: ts.Symbol) => string | undefined,
  ) {}

  of(type: ts.Type): Spec {
    const seen = this.#seen.get(type)
    if (seen !== undefined) return seen
    const spec = {} as Spec
    this.#seen.set(type, spec)
    return Object.assign(spec, this.#read(type))
  }

  #read(type: ts.Type): Spec {
    const { checker } = this
    const is = (flags: ts.TypeFlags): boolean => (type.flags & flags) !== 0
    if (is(ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return any
    if (is(ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return { kind: 'literal', value: undefined }
    if (is(ts.TypeFlags.Null)) return { kind: 'literal', value: null }
    if (type.isLiteral()) return { kind: 'literal', value: type.value }
    if (is(ts.TypeFlags.BooleanLiteral)) {
      return { kind: 'literal', value: checker.typeToString(type) === 'true' }
    }
    if (is(ts.TypeFlags.NumberLike)) return { kind: 'number' }
    if (is(ts.TypeFlags.StringLike)) return { kind: 'string' }
    if (is(ts.TypeFlags.BigIntLike)) return { kind: 'bigint' }
    if (is(ts.TypeFlags.ESSymbolLike)) return { kind: 'symbol' }
    if (type.isUnion()) return { kind: 'union', of: type.types.map((part) => this.of(part)) }
    if (is(ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.#readObject(type)
    const constraint = checker.getBaseConstraintOfType(type)
    return constraint === undefined || constraint === type ? any : this.of(constraint)
  }

  #readObject(type: ts.Type): Spec {
    const { checker } = this
    if (checker.isTupleType(type)) return this.#readTuple(type as ts.TupleTypeReference)
    const parts = checker.getTypeArguments(type as ts.TypeReference)
    if (checker.isArrayType(type)) return { kind: 'array', of: this.of(parts[0]!) }
    const symbol = type.getSymbol()
    const exported = symbol && this.classOf(symbol)
    if (exported !== undefined) return { kind: 'instance', name: exported, of: [] }
    if (symbol !== undefined && isLibrary(symbol)) {
      return { kind: 'instance', name: symbol.name, of: parts.map((part) => this.of(part)) }
    }
    const call = type.getCallSignatures()[0]
    if (call !== undefined) return { kind: 'function', returns: this.of(call.getReturnType()) }
    const values = type.getStringIndexType()
    const properties = checker.getPropertiesOfType(type).map((property) => ({
      name: property.name,
      spec: this.of(checker.getTypeOfSymbol(property)),
      optional: (property.flags & ts.SymbolFlags.Optional) !== 0,
    }))
    if (values !== undefined && properties.length === 0) {
      return { kind: 'record', of: this.of(values) }
    }
    const constraint = checker.getBaseConstraintOfType(type)
    if (properties.length === 0 && constraint !== undefined && constraint !== type) {
      return this.of(constraint)
    }
    const name = (type.aliasSymbol ?? symbol)?.name ?? ''
    return { kind: 'object', name, properties }
  }

  /** A part of any length (`...T`) has one or two elements here. */
  #readTuple(type: ts.TupleTypeReference): Spec {
    const { elementFlags } = type.target
    const parts = this.checker.getTypeArguments(type).flatMap((part, i) => {
      const spec = this.of(part)
      const open = (elementFlags[i]! & ts.ElementFlags.Variable) !== 0
      if (!open) return [spec]
      const one = spec.kind === 'array' ? spec.of : spec
      return [one, one]
    })
    return { kind: 'tuple', of: parts }
  }
}

function isLibrary(symbol: ts.Symbol): boolean {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
  return symbol.name !== '__type' && file.includes('node_modules')
}
