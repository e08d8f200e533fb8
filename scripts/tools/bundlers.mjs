// Bundlers: the app with gradlane left outside, and with gradlane in the bundle.

const esbuild = {
  packages: ['esbuild'],
  *check(project) {
    for (const [format, ending] of [
      ['esm', 'mjs'],
      ['cjs', 'cjs'],
    ]) {
      for (const external of [true, false]) {
        const folder = `${format}-${external ? 'external' : 'bundled'}`
        project.tool('esbuild', [
          ...['app.mjs', '--bundle', '--platform=node', `--format=${format}`, '--log-level=error'],
          ...[`--outfile=${folder}/app.${ending}`, ...(external ? ['--external:gradlane'] : [])],
        ])
        project.learns(`${folder}/app.${ending}`)
        yield `${format}, ${external ? 'external' : 'bundled'}`
        if (!external) project.tellsWhenAlone(folder, '--external:gradlane')
      }
    }
  },
}

const rollup = {
  packages: ['rollup', '@rollup/plugin-node-resolve'],
  *check(project) {
    for (const external of [true, false]) {
      const folder = external ? 'external' : 'bundled'
      project.write(
        'rollup.config.mjs',
        `import { nodeResolve } from '@rollup/plugin-node-resolve'
export default {
  input: 'app.mjs',
  output: { dir: '${folder}', format: 'es', entryFileNames: '[name].mjs' },
  external: [/^node:/${external ? ", 'gradlane'" : ''}],
  plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true })],
}
`,
      )
      project.tool('rollup', ['--config', '--silent'])
      project.learns(`${folder}/app.mjs`)
      yield folder
      if (!external) project.tellsWhenAlone(folder, "external: ['gradlane']")
    }
  },
}

const webpack = {
  packages: ['webpack', 'webpack-cli'],
  *check(project) {
    for (const external of [true, false]) {
      const folder = external ? 'external' : 'bundled'
      project.write(
        'webpack.config.mjs',
        `export default {
  mode: 'production',
  target: 'node',
  entry: './app.mjs',
  output: { path: import.meta.dirname + '/${folder}', filename: 'app.cjs' },
  ${external ? "externals: { gradlane: 'commonjs gradlane' }," : ''}
}
`,
      )
      const printed = project.tool('webpack', [])
      if (/WARNING|ERROR/.test(printed)) throw new Error(printed)
      project.learns(`${folder}/app.cjs`)
      yield folder
    }
  },
}

const vite = {
  packages: ['vite'],
  *check(project) {
    for (const external of [true, false]) {
      const folder = external ? 'external' : 'bundled'
      project.write(
        'vite.config.mjs',
        `export default { ssr: { ${external ? 'external' : 'noExternal'}: ['gradlane'] }, build: { outDir: '${folder}' } }\n`,
      )
      project.tool('vite', ['build', '--ssr', 'app.mjs', '--logLevel', 'warn'])
      project.learns(`${folder}/app.mjs`)
      yield `SSR, ${folder}`
      if (!external) project.tellsWhenAlone(folder, "ssr: { external: ['gradlane'] }")
    }
  },
}

export const bundlers = { esbuild, rollup, webpack, vite }
