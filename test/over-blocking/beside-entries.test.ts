/** Requirements 47 and 59, the converse, with 24,000 addresses; with 256,000: `npm run test:long`. */
import { besideEntriesSuite } from './beside-suite.ts';

besideEntriesSuite(3000, 20);
