/** Requirements 47 and 48 on a list of 16,000 entries; with a million: `npm run test:long`. */
import { overBlockingSuite } from './suite.ts';

overBlockingSuite({ entries: 16_000, spelled: 2000, harmless: 100_000 });
