import { expect, test } from '@jest/globals';
import { Exceptions } from '../../../src/list/import/exceptions.ts';
import { hostDraft } from '../../../src/list/import/outcome.ts';

test.each([
  {
    reach: '*.good.ads.example',
    touched: ['*.ads.example', 'good.ads.example', 'x.good.ads.example', '*.example'],
    free: ['ads.example', '*.bad.ads.example', 'ood.ads.example'],
  },
  {
    reach: 'good.ads.example',
    touched: ['*.ads.example', 'Good.ads.example.'],
    free: ['x.good.ads.example', 'ads.example'],
  },
])('$reach', ({ reach, touched, free }) => {
  const exceptions = new Exceptions();
  exceptions.add(draft(reach), 1);
  expect(touched.filter((host) => !exceptions.touch(draft(host)))).toEqual([]);
  expect(free.filter((host) => exceptions.touch(draft(host)))).toEqual([]);
  expect(exceptions.anywhereLine).toBe(0);
});

test('one that may reach anything is told by its line, the first of them', () => {
  const exceptions = new Exceptions();
  exceptions.add('anywhere', 7);
  exceptions.add('anywhere', 9);
  expect(exceptions.anywhereLine).toBe(7);
});

function draft(host: string): ReturnType<typeof hostDraft> {
  return host.startsWith('*.') ? hostDraft(host.slice(2), true) : hostDraft(host, false);
}
