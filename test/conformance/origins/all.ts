/** All families, in the order in which they are run. */
import { apache } from './apache.ts';
import { nginx } from './nginx.ts';
import { node } from './node.ts';
import type { Family } from './origin.ts';
import { php } from './php.ts';

export const FAMILIES: readonly Family[] = [nginx, apache, php, node];
