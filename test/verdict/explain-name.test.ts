/** The story of a verdict on a name: the service's own, and the entry or hint that it is due to. */
import { expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import type { Entry } from '../../src/match/entry.ts';
import { Judge } from '../../src/policy/judge.ts';
import { explainName, type NameExplanation } from '../../src/verdict/explain-name.ts';
import { NOT_COUNTED, VerdictService } from '../../src/verdict/verdict-service.ts';
import { entry, snapshotOf } from '../match/support.ts';

function explained(entries: readonly Entry[], host: string): NameExplanation {
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(snapshotOf([entries]));
  const judge = new Judge(matcher, [{ action: 'block' }, { action: 'allow' }]);
  const rules = { judge, slots: [] };
  const verdicts = new VerdictService({ matcher, rules, counter: NOT_COUNTED, refresh: () => {} });
  const anybody = { client: { exempt: false, policy: null }, listener: { listMask: -1 } };
  return explainName(verdicts, verdicts.facts(host)!, anybody);
}

const story = ({ verdict, steer, lookUps, decidedBy }: NameExplanation): unknown => ({
  verdict: verdict.action,
  steer,
  lookUps: lookUps.map(({ table, expression, outcome, why, entries }) =>
    [table, expression, outcome, ...why, ...entries.map(({ id }) => id)].join(' '),
  ),
  decidedBy: decidedBy === null ? null : `${decidedBy.table} ${decidedBy.expression}`,
});

test('a block, by the parent that permits it', () => {
  const entries = [
    entry('*.a.example', { id: 1n, dns: true }),
    entry('www.a.example', { id: 2n }),
    entry('www.a.example/x', { id: 3n, steer: true }),
  ];
  expect(story(explained(entries, 'www.a.example'))).toEqual({
    verdict: 'block',
    steer: false,
    lookUps: [
      'host www.a.example inapplicable no_dns',
      'host a.example hit 1',
      'host example absent',
      'hint www.a.example steer',
    ],
    decidedBy: 'host a.example',
  });
});

test('steered by a path, of which only the hint is known', () => {
  const entries = [entry('a.example/x', { id: 1n, steer: true })];
  expect(story(explained(entries, 'a.example'))).toEqual({
    verdict: 'pass',
    steer: true,
    lookUps: ['host a.example absent', 'host example absent', 'hint a.example steer'],
    decidedBy: 'hint a.example',
  });
});

test('steered by an entry on one port', () => {
  const entries = [entry('a.example', { id: 1n, port: 8080, dns: true, steer: true })];
  expect(story(explained(entries, 'a.example'))).toEqual({
    verdict: 'pass',
    steer: true,
    lookUps: ['host a.example steer 1', 'host example absent'],
    decidedBy: 'host a.example',
  });
});

test('an exception is what decides', () => {
  const entries = [
    entry('a.example', { id: 1n, dns: true }),
    entry('*.example', { id: 2n, list: 1 }),
    entry('a.example/x', { id: 3n }),
  ];
  expect(story(explained(entries, 'a.example'))).toEqual({
    verdict: 'allow',
    steer: false,
    lookUps: ['host a.example hit 1', 'host example hit 2', 'hint a.example inapplicable not_steered'],
    decidedBy: 'host example',
  });
});

test('nothing is known', () => {
  expect(story(explained([], 'a.example'))).toEqual({
    verdict: 'pass',
    steer: false,
    lookUps: ['host a.example absent', 'host example absent'],
    decidedBy: null,
  });
});
