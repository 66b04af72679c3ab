import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['**/dist/', '**/node_modules/', 'app/src/api/schema.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      // The compiler knows which names exist.
      'no-undef': 'off',
      eqeqeq: 'error',
      // Text from outside is cleaned of control characters here and there.
      'no-control-regex': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: { 'prefer-const': 'off' },
  },
  {
    // realtime runs in pages, workers and tests: it may not know any of them.
    files: ['realtime/src/**/*.ts'],
    ignores: [
      'realtime/src/browser.ts',
      'realtime/src/worker.ts',
      'realtime/src/share.ts',
      'realtime/src/**/*.test.ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        'window',
        'document',
        'navigator',
        'localStorage',
        'EventSource',
        'fetch',
        'setTimeout',
        'setInterval',
        'clearTimeout',
        'requestAnimationFrame',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the clock from Env.' },
        { object: 'Math', property: 'random', message: 'Take chance from Env.' },
      ],
    },
  },
);
