/** A real Caddy, whose matchers fold the case of all letters: what it answers with a listed page is refused where the entry has `fold=case`. */
import { expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import { FOLD } from '../../src/url/fold.ts';
import { entry, snapshotOf } from '../match/support.ts';
import { runListening } from '../support/listening-program.ts';
import { describeWith } from '../support/programs.ts';

/** Small letters of several scripts, one of each length in UTF-8 that has cases. */
const LETTERS = [...'éåøœšłñüžñαβγδωжйяёђљծղაẫḱỳ'];
const HOST = 'host.example';

const configuration = (port: number): string => `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  respond /page-${LETTERS.join('')} "listed"
  respond "other"
}
`;

describeWith(['caddy'])('Caddy', () => {
  test('a listed page whose letters come in the other case', async () => {
    await using caddy = await runListening({
      name: 'caddy',
      configuration,
      args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    });
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(snapshotOf([[entry(`${HOST}/page-${encodeURIComponent(LETTERS.join(''))}`, { fold: FOLD.case })]]));
    const judge = new Judge(matcher, [{ action: 'block' }]);
    const spellings = [
      (letter: string): string => letter,
      (letter: string): string => letter.toUpperCase(),
      ...LETTERS.map(
        (one) =>
          (letter: string): string =>
            letter === one ? letter.toUpperCase() : letter,
      ),
    ];
    let listed = 0;
    for (const spell of spellings) {
      const target = `/page-${encodeURIComponent(LETTERS.map(spell).join(''))}`;
      const answer = await (await fetch(`http://127.0.0.1:${caddy.port}${target}`)).text();
      if (answer === 'listed') listed += 1;
      const verdict = judge.url(matcher.lookup(HOST)!, target, { port: 80, listMask: -1, today: 20_000 });
      expect([target, answer, verdict.action]).toEqual([
        target,
        answer,
        answer === 'listed' ? 'block' : verdict.action,
      ]);
    }
    expect(listed).toBe(spellings.length);
  });
});
