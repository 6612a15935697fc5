/** Jest runs the TypeScript sources as Node does: types stripped, ES modules kept. A failing test ends the run. */
export default {
  testEnvironment: '<rootDir>/test/support/test-environment.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
  bail: 1,
  // It only bounds a test that hangs: no test depends on how long it is.
  testTimeout: 600_000,
};
