/** Requirements 47 and 48 on a list of a million entries. */
import { overBlockingSuite } from './suite.ts';

overBlockingSuite({ entries: 1_000_000, spelled: 20_000, harmless: 250_000 });
