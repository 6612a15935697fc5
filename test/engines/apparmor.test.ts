/** What the shipped files have BIND and Unbound read and write is what Debian's AppArmor profiles let them. It does not ask a kernel. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { noteSkipped } from '../support/programs.ts';
import { shippedFile } from './support/relocate.ts';

const PROFILES = '/etc/apparmor.d';

/** Paths of a profile with `r` or `w` among what it permits, as expressions. */
function permitted(profile: string, access: 'r' | 'w'): readonly RegExp[] {
  return readFileSync(`${PROFILES}/${profile}`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, path, rights = ''] = /^ *(?:owner )?(\/\S*) ([a-z]+),$/.exec(line) ?? [];
      return path === undefined || !rights.includes(access) ? [] : [expressionOf(path)];
    });
}

/** `*` is anything without a slash, `**` anything, `{a,b}` one of them. */
function expressionOf(path: string): RegExp {
  const parts: Readonly<Record<string, string>> = { '**': '.*', '*': '[^/]*', '{': '(?:', '}': ')', ',': '|' };
  const expression = path.replaceAll(/\*\*|[.*{},+]/g, (part) => parts[part] ?? `\\${part}`);
  return new RegExp(`^${expression}$`);
}

const CASES = [
  { file: 'unbound-rpz-file.conf', profile: 'usr.sbin.unbound', path: '/run/unbound.ctl', access: 'w' },
  {
    file: 'unbound-rpz-file.conf',
    profile: 'usr.sbin.unbound',
    path: '/var/lib/unbound/cleanfeed/block.rpz.example.zone',
    access: 'r',
  },
  { file: 'unbound-rpz.conf', profile: 'usr.sbin.unbound', path: '/etc/unbound/primary-ca.pem', access: 'r' },
  {
    file: 'unbound-rpz.conf',
    profile: 'usr.sbin.unbound',
    path: '/var/lib/unbound/cleanfeed/block.rpz.example.zone',
    access: 'w',
  },
  { file: 'bind-secondary.conf', profile: 'usr.sbin.named', path: '/etc/bind/cleanfeed.key', access: 'r' },
  { file: 'bind-secondary.conf', profile: 'usr.sbin.named', path: '/var/cache/bind', access: 'w' },
  {
    file: 'bind-secondary.conf',
    profile: 'usr.sbin.named',
    path: '/var/cache/bind/cleanfeed/block.rpz.example.zone',
    access: 'w',
  },
] as const;

// The profiles come with the programs, in Debian; in CI, which is one, they must be there.
const isHere = CASES.every(({ profile }) => existsSync(`${PROFILES}/${profile}`));
const describeHere = isHere || process.env['CI'] === 'true' ? describe : describe.skip;
if (!isHere)
  noteSkipped({ why: "Debian's AppArmor profiles of BIND and Unbound are not here", programs: ['named', 'unbound'] });

describeHere("Debian's AppArmor profiles", () => {
  test.each(CASES)('let the program of $file have $path ($access)', ({ profile, path, access }) => {
    const rules = permitted(profile, access);
    expect(rules.length).toBeGreaterThan(3);
    expect(rules.filter((rule) => rule.test(path) || rule.test(`${path}/`))).not.toEqual([]);
  });

  test.each([...new Set(CASES.map(({ file }) => file))])('%s names no other path', (file) => {
    const lines = shippedFile(file)
      .split('\n')
      .filter((line) => !/^\s*(?:#|\/\/)/.test(line));
    const named = [...lines.join('\n').matchAll(/"(\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(named.toSorted()).toEqual(
      CASES.filter((one) => one.file === file)
        .map(({ path }) => path)
        .toSorted(),
    );
  });

  // Was a fault: with it in the shipped file Unbound did not start where AppArmor is in force, as it is on a stock Debian.
  test('let Unbound make no socket of another name', () => {
    expect(permitted('usr.sbin.unbound', 'w').filter((rule) => rule.test('/run/unbound-cleanfeed.ctl'))).toEqual([]);
  });
});
