/** A diagnostic that quotes a value quotes no secret (requirement 66). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { excerptLines } from '../../src/config/excerpt.ts';
import { configKeys, parseConfig } from '../../src/config/load.ts';
import { goesOn, redacted, redactedValue } from '../../src/config/redact.ts';

const CANARY = 'c4nary-5ecret-0f-7he-0perator';

describe('a text', () => {
  test.each([
    { text: 'https://lists.example/', want: 'https://lists.example/' },
    { text: 'https://lists.example:8443', want: 'https://lists.example:8443' },
    { text: 'https://lists.example/list.txt', want: 'https://lists.example/[redacted]' },
    { text: 'https://lists.example?key=abc', want: 'https://lists.example/[redacted]' },
    { text: 'https://user:pw@lists.example/', want: 'https://[redacted]@lists.example/' },
    { text: 'https://user@lists.example/l', want: 'https://[redacted]@lists.example/[redacted]' },
    { text: 'https://user:p w/x@y@lists.example/', want: 'https://[redacted]@lists.example/' },
    { text: 'https://user:pw', want: 'https://[redacted]' },
    { text: 'source: https://user:pw@lists.example/', want: 'source: https://[redacted]@lists.example/' },
    { text: 'ftp://[2001:db8::1]/x', want: 'ftp://[2001:db8::1]/[redacted]' },
    { text: 'user:pw@lists.example', want: '[redacted]' },
    { text: '8f14e45fceea167a5a36dedd4bea2543', want: '[redacted]' },
    { text: 'Bearer abcdefgh12345678==', want: 'Bearer [redacted]' },
    { text: 'abuse@isp.example', want: 'abuse@isp.example' },
    { text: 'javascript:alert(1)', want: 'javascript:alert(1)' },
    { text: 'lists.example/list.txt?token=hunter2', want: 'lists.example/list.txt?[redacted]' },
    { text: '?token=hunter2: x', want: '?[redacted] x' },
    { text: "did you mean 'mode'? a=b", want: "did you mean 'mode'? a=b" },
    { text: 'ten minutes', want: 'ten minutes' },
    { text: '192.0.2.0/33', want: '192.0.2.0/33' },
    { text: './lists/own.txt', want: './lists/own.txt' },
  ])('$text', ({ text, want }) => {
    expect(redacted(text)).toBe(want);
  });
});

// Were faults: of each the secret was shown, in the terminal, the log and the status.
describe('a value that is a URL, nearly', () => {
  test.each([
    { text: 'https://user:a hunter2 b%40lists.example/', want: 'https://[redacted]' },
    { text: 'https://lists.example/a hunter2', want: 'https://lists.example/[redacted] [redacted]' },
    { text: 'https//user:a hunter2@lists.example/', want: '[redacted]' },
    { text: 'https%3A%2F%2Fuser:a hunter2@lists.example', want: '[redacted]' },
    { text: 'git@lists.example:a hunter2', want: '[redacted]' },
    { text: 'lists.example/list.txt?hunter2', want: 'lists.example/list.txt?[redacted]' },
    { text: 'lists.example/list.txt#sid=hunter2', want: 'lists.example/list.txt#[redacted]' },
    // These are none.
    { text: 'http://proxy.example:3128 # ours', want: 'http://proxy.example:3128 # ours' },
    { text: 'abuse@isp.example', want: 'abuse@isp.example' },
    { text: 'what is this?', want: 'what is this?' },
    { text: '#c0ffee', want: '#c0ffee' },
  ])('$text', ({ text, want }) => {
    expect(redactedValue(text)).toBe(want);
    expect(goesOn(text)).toBe(want.includes('[redacted]'));
  });
});

/** As it was written first: short, and slow on long texts. */
function reference(text: string): string {
  const word = (one: string): string => {
    const [, start, host = '', rest = ''] =
      /^(.*?[a-z][a-z0-9+.-]*:\/\/(?:\[redacted\]@)?)([^/\\?#]*)(.*)$/is.exec(one) ?? [];
    if (start !== undefined) {
      const isHost = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host);
      return `${start}${isHost ? host : '[redacted]'}${rest === '' || rest === '/' ? rest : '/[redacted]'}`;
    }
    const isMail = /^[a-z0-9._+-]+@[a-z0-9.-]+$/i.test(one);
    const isOpaque = /(?=[a-z+/=_~-]*\d)(?=[\d+/=_~-]*[a-z])[a-z0-9+/=_~-]{16,}/i.test(one);
    return (one.includes('@') && !isMail) || isOpaque ? '[redacted]' : one.replace(/\?.*=.*$/s, '?[redacted]');
  };
  return text
    .replace(/:\/\/.*@/s, '://[redacted]@')
    .split(' ')
    .map(word)
    .join(' ');
}

test('a text of any length is looked at once, and comes out the same', () => {
  const piece = fc.constantFrom(
    'a',
    'A1',
    '1',
    '://',
    ':',
    '/',
    '//',
    '@',
    '.',
    '-',
    '+',
    ' ',
    '\n',
    '?',
    '=',
    '[',
    ']',
    'https',
    'xyz',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(redacted(pieces.join(''))).toBe(reference(pieces.join('')));
    }),
    { numRuns: 5000 },
  );
  for (const long of ['a', '1', '://', 'a://', '1://', 'a1', '@', 'a@'])
    expect(redacted(long.repeat(1_000_000)).length).toBeGreaterThan(0);
});

describe('a value', () => {
  test.each([
    // Whoever reads it wants to know which of his servers is meant.
    { text: 'https://user:pw@lists.example/', want: 'https://[redacted]@lists.example/' },
    { text: 'token hunter2', want: 'token [redacted]' },
    { text: 'bearer: a b', want: 'bearer: [redacted]' },
    { text: 'see the token', want: 'see the token' },
  ])('$text', ({ text, want }) => {
    expect(redactedValue(text)).toBe(want);
  });
});

describe('a secret is in no fault', () => {
  const spellings = [
    CANARY,
    `https://user:${CANARY}@lists.example/`,
    `https://lists.example/list.txt?token=${CANARY}`,
    `https://${CANARY}@lists.example/`,
    `https://lists.example/${CANARY}/list.txt`,
    `https://user:${CANARY}`,
    `http://lists.example/?${CANARY}`,
    `ftp://u:${CANARY}@h/`,
  ];

  const told = (yaml: string): string => {
    const loaded = parseConfig(yaml, 'f.yaml', { HOME: '/home/op' });
    return loaded.ok
      ? ''
      : JSON.stringify(loaded.faults.map((fault) => [formatDiagnostic(fault), excerptLines(fault)]));
  };

  test.each(configKeys())('as the value of %s', (key) => {
    for (const value of spellings) {
      const path = key.replaceAll('[]', '.0').split('.');
      const nested = path.reduceRight<unknown>((inner, part) => (part === '0' ? [inner] : { [part]: inner }), value);
      expect(told(JSON.stringify(nested))).not.toContain(CANARY);
    }
  });

  test.each([
    { name: 'as a key', yaml: (value: string) => `lists:\n  ? ${JSON.stringify(value)}\n  : x\n` },
    {
      name: 'as a key of its own, twice',
      yaml: (value: string) => `${JSON.stringify(value)}: 1\n${JSON.stringify(value)}: 2\n`,
    },
    { name: 'as a flow that does not end', yaml: (value: string) => `lists: [{ source: "${value}\n` },
    { name: 'as an alias', yaml: () => `lists: *${CANARY}\n` },
    { name: 'as a tag', yaml: () => `lists: !${CANARY} x\n` },
    { name: 'as a directive', yaml: (value: string) => `%${value}\n---\nworkers: 0\n` },
    { name: 'behind a value', yaml: (value: string) => `workers: "2" ${value}\n` },
    { name: 'in a bad escape', yaml: () => `lists: "\\q${CANARY}"\n` },
  ])('$name', ({ yaml }) => {
    for (const value of spellings) {
      const words = told(yaml(value));
      expect(words).not.toBe('');
      expect(words).not.toContain(CANARY);
    }
  });

  // Were bugs: words and numbers at keys of secrets were quoted, and the line below such a key was shown.
  test.each([
    'auth: hunter2',
    'auth: [hunter2]',
    'auth:\n    bearer: 48151623',
    'auth:\n    bearer:\n      hunter2: 1',
    'auth:\n    bearer:\n      - hunter2',
    'auth:\n    bearer: "hunter2\n    hunter2: x',
    'identity:\n      hunter2: 48151623',
    'identity: 48151623',
    // Were bugs: keys that we do not have, but that other programs have for secrets; a key without its colon; a source without its scheme.
    'authorization: hunter2',
    "header: 'Authorization: Bearer hunter2'",
    'headers: { Authorization: Bearer hunter2 }',
    'headers: [-H, Bearer hunter2]',
    'cookie: hunter2',
    'username: hunter2',
    'user: hunter2',
    'login: hunter2',
    'psk: hunter2',
    'pwd: hunter2',
    'token hunter2',
    'bearer hunter2',
    'token=hunter2',
    '"token" hunter2',
    'proxy: proxy.example:3128/?k=hunter2',
    '  ?token=hunter2: x',
    'interval: 15m\n      token hunter2',
    'interval: 15m\n      password = hunter2',
  ])('at its key, as what it must not be: %j', (keys) => {
    const words = told(`lists:\n  - name: far\n    source: https://lists.example/\n    ${keys}\n`);
    expect(words).toMatch(/f\.yaml:\d/);
    expect(words).not.toMatch(/hunter2|48151623/);
  });
});
