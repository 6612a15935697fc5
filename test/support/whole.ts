/** Imported before a test whose tables `npm test` takes a part of (share.ts): all of them. */
import { takeWhole } from './share.ts';

takeWhole();
