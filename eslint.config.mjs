import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const builtIn = Object.getOwnPropertyNames(globalThis).filter(
  (name) => /^[A-Z]/.test(name) && typeof globalThis[name] === 'function',
)

export default defineConfig(
  {
    ignores: [
      'build/',
      'dist/',
      'prebuilds/',
      'node_modules/',
      '**/.venv*/',
      'scripts/tools/use.ts',
    ],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { eqeqeq: 'error', 'prefer-const': 'error', 'no-var': 'error' },
  },
  { files: ['**/*.{mjs,cjs,js}'], extends: [tseslint.configs.recommended] },
  {
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers belong into messages as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Under noUncheckedIndexedAccess `data[i]!` is how a numeric loop reads an array.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A base class names the arguments of a method that does nothing by default.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      // `arguments` counts what a caller passes beyond the parameters, which no type of them shows.
      'prefer-rest-params': 'off',
    },
  },
  {
    // The bottom layers know nothing of what is built on them.
    files: ['ts/tensor/**/*.ts', 'ts/kernels/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['**/nn/**', '**/optim/**', '**/criterion/**', '**/data/**', '**/io/**'] },
      ],
    },
  },
  {
    // Jest and node:vm have built-in classes of their own: what they make is an instance of none of ours.
    files: ['ts/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: `BinaryExpression[operator="instanceof"][right.name=/^(${builtIn.join('|')})$/]`,
          message:
            "Use node:util's types, Array.isArray or isPlain: the value may be of another realm.",
        },
      ],
    },
  },
  {
    // chai's `expect(x).to.be.true` is a statement.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['examples/**/*.ts', 'benchmarks/**/*.ts', 'test/distributed/soak/*.ts'],
    rules: { 'no-console': 'off' },
  },
)
