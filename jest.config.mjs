import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** As src/lib/threads.ts names it. */
const BUNDLED = { '^\\./bundled-sources\\.ts$': '<rootDir>/test/support/bundled-threads.mjs' };

/**
 * Jest runs the TypeScript sources as Node does: types stripped, ES modules kept. A failing test ends neither its file nor the run.
 *
 * Rings of tests are told by names (test/README.md): `*.real.test.ts`, `*.long.test.ts`, and all others; test/rings/run.ts runs a ring.
 * `npm run properties` sets PROPERTY_SECONDS: only files with properties, each property again and again for so long.
 */
export default {
  testEnvironment: '<rootDir>/test/support/test-environment.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
  moduleNameMapper: { ...BUNDLED, '^fast-check$': '<rootDir>/test/support/seeded-fast-check.mjs' },
  // More than half of a worker's time goes into waiting for processes, timers and deadlines: with three on two cores
  // one core stood idle.
  maxWorkers: 3 * availableParallelism(),
  // It only bounds a test that hangs: no test depends on how long it is.
  testTimeout: 1_500_000,
  ...(process.env['PROPERTY_SECONDS'] !== undefined && repeatedProperties()),
};

function repeatedProperties() {
  const test = new URL('test/', import.meta.url);
  const files = readdirSync(test, { recursive: true }).filter(
    (file) => file.endsWith('.test.ts') && readFileSync(new URL(file, test), 'utf8').includes('fc.assert('),
  );
  return {
    testMatch: files.map((file) => `<rootDir>/test/${file}`),
    moduleNameMapper: { ...BUNDLED, '^fast-check$': '<rootDir>/test/support/repeated-properties.mjs' },
    // A round takes all of a core.
    maxWorkers: availableParallelism(),
  };
}
