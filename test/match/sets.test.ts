import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { entry, snapshotOf } from './support.ts';

/** 121,570 real names of mail services, harmless as web pages go. */
const names = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('disposable-email-domains/index.json'), 'utf8'),
) as readonly string[];

test('each of 121,570 names is found, no sibling, parent or child of one is', () => {
  expect(names).toHaveLength(121_570);
  const listed = new Set(names.map((name) => canonicalHost(Buffer.from(name, 'utf8').toString('latin1'))));
  expect(listed.has(null)).toBe(false);
  const matcher = new Matcher({ cacheEntries: 1000 });
  matcher.use(
    snapshotOf([names.map((name, line) => entry(Buffer.from(name, 'utf8').toString('latin1'), { id: BigInt(line) }))]),
  );
  const missed: string[] = [];
  const wrong: string[] = [];
  for (const host of listed) {
    if (matcher.lookup(host!)?.listed !== true) missed.push(host!);
    for (const near of [`www.${host}`, `x${host}`, `${host}x`, host!.slice(host!.indexOf('.') + 1)]) {
      if (!listed.has(canonicalHost(near)) && matcher.lookup(near)?.listed === true) wrong.push(near);
    }
  }
  expect({ missed, wrong }).toEqual({ missed: [], wrong: [] });
});
