// ESM tests compiled one file at a time by swc; `tsc` checks the types in the lint step.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['**/*.test.ts'],
  // A whole model, which a checkout does not hold: `npm run test:model`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/fetched/'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
