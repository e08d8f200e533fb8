// npm run docs: README, the guides and the API as a site in build/site, made by typedoc. A link that leads
// nowhere fails it.
//   npm run docs -- --out <folder>
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Application, Converter } from 'typedoc'

process.chdir(path.resolve(import.meta.dirname, '..'))
const { out } = parseArgs({ options: { out: { type: 'string', default: 'build/site' } } }).values

// In the order of the menu; what is not named here follows by name.
const first = ['start', 'phrasebook', 'course', 'recipes', 'training', 'errors']
const guides = fs
  .readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.slice(0, -3))
const pages = [...first, ...guides.filter((name) => !first.includes(name)).sort()]

const app = await Application.bootstrap({
  name: 'gradlane',
  entryPoints: ['ts/index.ts'],
  tsconfig: 'tsconfig.build.json',
  readme: 'README.md',
  projectDocuments: [
    ...pages.map((name) => `docs/${name}.md`),
    'SECURITY.md',
    'NOTICES.md',
    'CHANGELOG.md',
  ],
  customCss: 'scripts/docs.css',
  sort: ['source-order'],
  sortEntryPoints: false,
  navigation: { includeGroups: false },
  searchInDocuments: true,
  searchInComments: true,
  highlightLanguages: [...['ts', 'js', 'sh', 'json', 'python', 'dockerfile'], 'cpp', 'html', 'css'],
  skipErrorChecking: true, // npm run lint looks for them
  excludePrivate: true,
  excludeInternal: true,
  // Without an address there is nowhere to link sources to.
  disableSources: true,
  githubPages: true,
  validation: { invalidLink: true, invalidPath: true, notExported: false },
  treatValidationWarningsAsErrors: true,
})
// Guides are called what their headings say, the module what one imports.
app.converter.on(Converter.EVENT_END, ({ project }) => {
  for (const module of project.children ?? []) if (module.name === 'index') module.name = 'gradlane'
  for (const document of project.documents ?? []) {
    const heading = document.content.find(({ text }) => /^# /m.test(text))
    const [, title] = /^# (.*)$/m.exec(heading?.text ?? '') ?? []
    if (title !== undefined) document.name = title.replaceAll('`', '')
  }
})

const project = await app.convert()
if (project === undefined) process.exit(1)
app.validate(project)
await app.generateDocs(project, out)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)
