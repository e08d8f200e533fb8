// Type checkers, on the declarations as they are (no skipLibCheck), and what lints packages.
import fs from 'node:fs'

const RESOLUTIONS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  node16: { module: 'node16', moduleResolution: 'node16' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

function typescript(version) {
  return {
    packages: [`typescript@${version}`, '@types/node@20'],
    *check(project) {
      const use = fs.readFileSync(project.path('use.ts'), 'utf8')
      project.write('use.mts', use)
      project.write('use.cts', use)
      for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
        for (const types of [['node'], []]) {
          const compilerOptions = {
            strict: true,
            noEmit: true,
            target: 'es2022',
            types,
            ...resolution,
          }
          const files = ['use.ts', 'use.mts', 'use.cts']
          project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }))
          project.tool('tsc', ['-p', '.'])
        }
        yield name
      }
    },
  }
}

const VERSIONS = ['5.6', '5.7', '5.8', '5.9', '6.0', '7.0']

const publint = {
  packages: ['publint'],
  *check(project) {
    project.tool('publint', ['node_modules/gradlane', '--strict', '--pack', 'false'])
    yield 'strict, no complaint'
  },
}

const attw = {
  packages: ['@arethetypeswrong/cli'],
  *check(project) {
    project.tool('attw', [project.tarball, '--no-emoji', '--no-color'])
    yield 'no problem found'
  },
}

export const types = {
  ...Object.fromEntries(VERSIONS.map((version) => [`typescript-${version}`, typescript(version)])),
  publint,
  attw,
}
