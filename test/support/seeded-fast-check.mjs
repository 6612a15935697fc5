/**
 * fast-check as tests import it: each property without a seed of its own draws by the seed of the run (`--seed`), so that a run, and a file of
 * it that is run again, can be had once more. It must not change anything else.
 */
import { jest } from '@jest/globals';
import * as real from '../../node_modules/fast-check/lib/fast-check.js';

export * from '../../node_modules/fast-check/lib/fast-check.js';

real.configureGlobal({ ...real.readConfigureGlobal(), seed: jest.getSeed() });

export default real.default;
