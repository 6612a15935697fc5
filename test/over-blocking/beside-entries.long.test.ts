/** Requirements 47 and 59, the converse, with 256,000 addresses. */
import { besideEntriesSuite } from './beside-suite.ts';

besideEntriesSuite(32_000, 1);
