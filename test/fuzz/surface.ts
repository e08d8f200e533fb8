/**
 * Everything that the package exports, read from its types: functions, constructors, public methods,
 * setters and getters with what they take. So a new export or option is called without being named
 * anywhere.
 */
import { fileURLToPath } from 'node:url'

import ts from 'typescript'

import * as gradlane from '../../ts/index.js'
import { compilerOf } from '../support/compiler.js'
import { type Spec, SpecReader } from './spec.js'

export interface Argument {
  readonly name: string
  readonly spec: Spec
  readonly optional: boolean
  readonly rest: boolean
}

export interface Callable {
  readonly kind: 'function' | 'constructor' | 'static' | 'method' | 'setter' | 'getter'
  /** `nn.init.normal_`, `nn.Linear`, `nn.Module.forward`. */
  readonly path: string
  /** The class that it belongs to, for members. */
  readonly owner: string
  readonly name: string
  readonly takes: readonly Argument[]
}

export interface Surface {
  readonly callables: readonly Callable[]
  /** Exported classes by path; null for one that is abstract. */
  readonly classes: ReadonlyMap<string, { readonly concrete: boolean; readonly made: AnyClass }>
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyClass = (abstract new (...args: any[]) => object) & { prototype: object }

/** The value of an export by its path. */
export function valueAt(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], gradlane)
}

export function readSurface(): Surface {
  const entry = fileURLToPath(new URL('../../ts/index.ts', import.meta.url))
  const program = compilerOf([entry])
  const checker = program.getTypeChecker()
  const exported = new Map<string, ts.Symbol>()
  collect(checker, checker.getSymbolAtLocation(program.getSourceFile(entry)!)!, '', exported)
  const paths = new Map(Array.from(exported, ([path, symbol]) => [symbol, path]))
  const isClass = (symbol: ts.Symbol): boolean => (symbol.flags & ts.SymbolFlags.Class) !== 0
  const reader = new SpecReader(checker, (symbol) =>
    isClass(symbol) ? paths.get(symbol) : undefined,
  )

  const callables: Callable[] = []
  const classes = new Map<string, { concrete: boolean; made: AnyClass }>()
  for (const [path, symbol] of exported) {
    if (!isClass(symbol)) {
      const signatures = checker.getTypeOfSymbol(symbol).getCallSignatures()
      callables.push({
        kind: 'function',
        path,
        owner: '',
        name: path,
        takes: takes(reader, signatures),
      })
      continue
    }
    const declaration = symbol.valueDeclaration as ts.ClassDeclaration
    const concrete = !has(declaration, ts.ModifierFlags.Abstract)
    const constructors = checker.getTypeOfSymbol(symbol).getConstructSignatures()
    const internal = constructors.every(
      ({ declaration: made }) =>
        made !== undefined &&
        (isInternal(made) || has(made, ts.ModifierFlags.NonPublicAccessibilityModifier)),
    )
    classes.set(path, { concrete: concrete && !internal, made: valueAt(path) as AnyClass })
    if (concrete && !internal) {
      callables.push({
        kind: 'constructor',
        path,
        owner: path,
        name: path,
        takes: takes(reader, constructors),
      })
    }
    for (const member of checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol))) {
      const signatures = checker.getTypeOfSymbol(member).getCallSignatures()
      if (signatures.length === 0 || !isOwn(member)) continue
      const { name } = member
      callables.push({
        kind: 'static',
        path: `${path}.${name}`,
        owner: path,
        name,
        takes: takes(reader, signatures),
      })
    }
    for (const member of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))) {
      callables.push(...membersOf(reader, path, symbol, member))
    }
  }
  return { callables, classes }
}

/** What `export * as nn` holds is found, too. */
function collect(
  checker: ts.TypeChecker,
  module: ts.Symbol,
  prefix: string,
  found: Map<string, ts.Symbol>,
): void {
  for (const alias of checker.getExportsOfModule(module)) {
    const isAlias = (alias.flags & ts.SymbolFlags.Alias) !== 0
    const symbol = isAlias ? checker.getAliasedSymbol(alias) : alias
    const path = prefix + alias.name
    if (symbol.flags & ts.SymbolFlags.ValueModule) collect(checker, symbol, `${path}.`, found)
    else if (symbol.flags & ts.SymbolFlags.Value) found.set(path, symbol)
  }
}

/** Members that a class declares itself, in a base class that is no export, or changes the types of. */
function membersOf(
  reader: SpecReader,
  path: string,
  owner: ts.Symbol,
  member: ts.Symbol,
): Callable[] {
  const { checker } = reader
  const declaration = member.valueDeclaration
  if (declaration === undefined || !isOwn(member)) return []
  const named = ts.getNameOfDeclaration(declaration)
  if (
    named === undefined ||
    ts.isPrivateIdentifier(named) ||
    has(declaration, ts.ModifierFlags.NonPublicAccessibilityModifier)
  )
    return []
  // Also where the method that it overrides says so.
  if (member.getJsDocTags(checker).some(({ name }) => name === 'internal')) return []
  const parent = checker.getSymbolAtLocation((declaration.parent as ts.ClassDeclaration).name!)
  if (parent !== owner && parent !== undefined && reader.classOf(parent) !== undefined) return []
  const [, symbol] = /^__@(iterator|asyncIterator)\b/.exec(member.name) ?? []
  const name = symbol === undefined ? member.name : `@@${symbol}`
  const base = { path: `${path}.${name}`, owner: path, name }
  const type = checker.getTypeOfSymbol(member)
  const signatures = type.getCallSignatures()
  if (ts.isMethodDeclaration(declaration) && signatures.length > 0) {
    return [{ ...base, kind: 'method', takes: takes(reader, signatures) }]
  }
  const accessors = member.declarations ?? []
  const found: Callable[] = []
  if (accessors.some(ts.isGetAccessor)) found.push({ ...base, kind: 'getter', takes: [] })
  if (accessors.some(ts.isSetAccessor)) {
    const value = { name, spec: reader.of(type), optional: false, rest: false }
    found.push({ ...base, kind: 'setter', takes: [value] })
  }
  return found
}

/** The arguments of the first signature. */
function takes(reader: SpecReader, signatures: readonly ts.Signature[]): Argument[] {
  const [signature] = signatures
  return (signature?.parameters ?? []).map((parameter) => {
    const declaration = parameter.valueDeclaration as ts.ParameterDeclaration
    return {
      name: parameter.name,
      spec: reader.of(reader.checker.getTypeOfSymbol(parameter)),
      optional: declaration.questionToken !== undefined || declaration.initializer !== undefined,
      rest: declaration.dotDotDotToken !== undefined,
    }
  })
}

function has(declaration: ts.Node, flags: ts.ModifierFlags): boolean {
  return (ts.getCombinedModifierFlags(declaration as ts.Declaration) & flags) !== 0
}

function isInternal(declaration: ts.Node): boolean {
  return ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')
}

function isOwn(member: ts.Symbol): boolean {
  return !(member.valueDeclaration?.getSourceFile().fileName ?? 'node_modules').includes(
    'node_modules',
  )
}

/** The paths of all functions and classes that the package gives at run time. */
export function exportedAtRunTime(namespace: object = gradlane, prefix = ''): string[] {
  return Object.entries(namespace).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? exportedAtRunTime(value, `${prefix}${name}.`)
      : [prefix + name],
  )
}
