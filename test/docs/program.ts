import ts from 'typescript'

import { compilerOf } from '../support/compiler.js'
import { makeContext } from './context.js'
import { type Block } from './markdown.js'

/** What a program of the documentation is given. */
export interface Host {
  readonly console: Pick<Console, 'log'>
  /** Compares a value with what the comment behind it says. */
  readonly check: (value: unknown, comment: string) => void
}

/** A value at the beginning of a comment: `47`, `0.7641…`, `[2, 4, 3]: layer.weight`, `'captured'`. */
const VALUE = /^(-?\d[\d.e-]*…?|\[[-\d,. [\]]*\]|'[^']*'|true|false|null)(?=$|[:;,]? )/

const contextNames = Object.keys(makeContext())

export const valueIn = (comment: string): string | null => VALUE.exec(comment)?.[1] ?? null

/**
 * A module that runs a block. Statements stand in a scope of their own inside of one with the names of
 * the context, which they may declare anew; imports stand above. A block that imports nothing from
 * gradlane gets all its exports.
 */
export function programOf(block: Block, exported: readonly string[]): string {
  const source = ts.createSourceFile('block.ts', block.code, ts.ScriptTarget.ES2022, true)
  const imports: string[] = []
  const body: string[] = []
  let complete = false
  for (const statement of source.statements) {
    const text = statement.getFullText().replace(/^(\s*)export (?:default )?(?=\w+\s)/m, '$1')
    if (ts.isImportDeclaration(statement)) {
      complete ||= text.includes("from 'gradlane'")
      imports.push(text.replace("from 'gradlane'", "from '../../../ts/index.js'"))
      continue
    }
    const comments = ts.getTrailingCommentRanges(block.code, statement.end) ?? []
    const comment = comments.map(({ pos, end }) => block.code.slice(pos + 2, end).trim()).join(' ')
    const checked =
      ts.isExpressionStatement(statement) &&
      !statement.expression.getText().startsWith('console.') &&
      valueIn(comment) !== null
    body.push(
      checked
        ? `check(${statement.expression.getText()}, ${JSON.stringify(comment)})`
        : `${text.replace(/^\s*(?=[([`])/, ';')};`,
    )
  }
  const names = contextNames.filter((name) => new RegExp(`\\b${name}\\b`).test(block.code))
  return [
    complete ? '' : `import { ${exported.join(', ')} } from '../../../ts/index.js'`,
    ...imports,
    `import { makeContext } from '../../../test/docs/context.js'`,
    `export { GradlaneError as base } from '../../../ts/index.js'`,
    `import type { Host } from '../../../test/docs/program.js'`,
    'export async function run({ console, check }: Host): Promise<void> {',
    `const { ${names.join(', ')} } = makeContext()`,
    '{',
    ...body,
    '}}',
  ].join('\n')
}

/** Complaints of the compiler about modules, each with its file. */
export function typeErrors(files: readonly string[]): string[] {
  const program = compilerOf(files)
  return files.flatMap((file) => {
    const source = program.getSourceFile(file)
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    return found.map(
      ({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  })
}
