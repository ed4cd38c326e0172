import withNuxt from './.nuxt/eslint.config.mjs'

export default withNuxt(
  { ignores: ['server/storage/generated/**', 'tests/fixtures/**', '.data/**', 'bench/results/**'] },
  {
    rules: {
      // Prettier owns the form; ESLint the sense.
      'vue/html-self-closing': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-indent': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/no-multiple-template-root': 'off',
      'import/first': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      'no-console': ['error', { allow: ['error', 'warn'] }],
    },
  },
  {
    // Programs for the terminal talk on stdout.
    files: ['scripts/**', 'bench/**', 'launcher/**', 'tests/support/**', 'prisma/**', 'docs/examples/**'],
    rules: { 'no-console': 'off' },
  },
)
