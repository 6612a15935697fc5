import { availableParallelism } from 'node:os';

/**
 * Jest runs the TypeScript sources as Node does: types stripped, ES modules kept. A failing test ends the run.
 *
 * `*.long.test.ts` take minutes each: `npm test` leaves them out, `npm run test:long` runs them and CI runs both.
 */
export default {
  testEnvironment: '<rootDir>/test/support/test-environment.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
  bail: 1,
  // More than half of a worker's time goes into waiting for processes, timers and deadlines: with three on two cores
  // one core stood idle.
  maxWorkers: 3 * availableParallelism(),
  // It only bounds a test that hangs: no test depends on how long it is.
  testTimeout: 1_500_000,
};
