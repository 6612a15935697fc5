/** All families, slow ones first: they take longest. */
import { apache } from './apache.ts';
import { caddy } from './caddy.ts';
import { go } from './go.ts';
import { lighttpd } from './lighttpd.ts';
import { nginx } from './nginx.ts';
import { node } from './node.ts';
import { normalising } from './normalising.ts';
import type { Family } from './origin.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { civetweb, merecat } from './small.ts';
import { tomcat } from './tomcat.ts';

export const FAMILIES: readonly Family[] = [
  php,
  python,
  nginx,
  apache,
  node,
  merecat,
  civetweb,
  normalising,
  lighttpd,
  caddy,
  go,
  tomcat,
];
