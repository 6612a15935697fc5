/** One object for all requests of a thread: each is told what holds for it, and nothing of the one before. */
import { expect, test } from '@jest/globals';
import { forwardTo } from '../../src/accept/forward-decision.ts';
import { VERDICT } from '../../src/observe/counters.ts';
import { canonicalHost } from '../../src/url/host.ts';

function origin(name: string, port: number) {
  return { host: canonicalHost(name)!, port, key: `${name}:${port}`, authority: name };
}

test('nothing of the request before is left', () => {
  const first = { ...forwardTo(origin('a.example', 80), VERDICT.count, true) };
  const second = forwardTo(origin('b.example', 8080), VERDICT.pass, false);
  expect(first).toEqual({
    kind: 'forward',
    destination: origin('a.example', 80),
    verdict: VERDICT.count,
    hasPathEntries: true,
  });
  expect(second).toEqual({
    kind: 'forward',
    destination: origin('b.example', 8080),
    verdict: VERDICT.pass,
    hasPathEntries: false,
  });
});

test('no object is made for a request', () => {
  const one = forwardTo(origin('a.example', 80), VERDICT.pass, false);
  expect(forwardTo(origin('b.example', 80), VERDICT.pass, false)).toBe(one);
});
