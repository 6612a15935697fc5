/** What an instance says of an address: one answer of each kind. */
import type { Explanation, NotExplained } from '../../src/observe/explanation.ts';

const LOOK_UP = { reading: null, fold: null, segment: 0, in: 'clearing-house', digest: 'f3a1b2c4d5e60718' };
const ABSENT = { ...LOOK_UP, outcome: 'absent', entries: [] } as const;
const ASKED = { listener: 'inline', client: null, policy: null, generation: 41 };

const BLOCK: Explanation = {
  ...ASKED,
  url: 'http://host.example/a/..%2fpage',
  canonical: 'http://host.example/page',
  verdict: 'block',
  list: 'clearing-house',
  entry: 'clearing-house:88231',
  action: 'block',
  reading: 'decoded before dot segments are resolved',
  enforceable: true,
  reason: null,
  lookUps: [
    { ...ABSENT, expression: 'host.example', table: 'host' },
    { ...ABSENT, expression: 'host.example/a/..%2fpage', table: 'path' },
    {
      ...LOOK_UP,
      expression: 'host.example/page',
      table: 'path',
      reading: 'decoded before dot segments are resolved',
      outcome: 'hit',
      entries: ['clearing-house:88231'],
    },
  ],
  decidedBy: 2,
};

const PASS: Explanation = {
  ...ASKED,
  url: 'http://host.example/other',
  canonical: 'http://host.example/other',
  verdict: 'pass',
  list: null,
  entry: null,
  action: null,
  reading: null,
  enforceable: null,
  reason: null,
  lookUps: [
    { ...ABSENT, expression: 'host.example', table: 'host' },
    { ...ABSENT, expression: 'host.example/other', table: 'path' },
  ],
  decidedBy: null,
};

const ERROR: NotExplained = { code: 'usage', message: "there is no listener 'inlined'; did you mean 'inline'?" };

export const EXPLANATIONS = {
  block: BLOCK,
  pass: PASS,
  error: ERROR,
};
