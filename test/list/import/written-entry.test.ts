import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hostDraft } from '../../../src/list/import/outcome.ts';
import type { Draft } from '../../../src/list/import/outcome.ts';
import { writtenEntry } from '../../../src/list/import/written-entry.ts';
import { parseAddress } from '../../../src/list/text/address.ts';
import { FOLD } from '../../../src/url/fold.ts';

const HOST = hostDraft('ads.example', false);

function url(text: string, more: Partial<Draft> = {}): Draft {
  return { ...HOST, path: { kind: 'url', text }, ...more };
}

interface Row {
  readonly draft: Draft;
  readonly want: readonly string[] | string;
}

describe('what is written covers what the tool does, or nothing is', () => {
  const rows: readonly Row[] = [
    { draft: hostDraft('ADS.example.', true), want: ['*.ads.example'] },
    { draft: hostDraft('[2001:db8::7]', false), want: ['[2001:db8::7]'] },
    { draft: hostDraft('192.0.2.7', true), want: 'not_an_address' },
    { draft: hostDraft('192.0.2.07', false), want: 'not_a_name' },
    { draft: hostDraft('ads.example/x', false), want: 'not_a_name' },
    { draft: hostDraft('ads.example', false, 'default'), want: ['ads.example:80', 'ads.example:443'] },
    { draft: hostDraft('ads.example', false, 70_000), want: 'not_an_address' },
    { draft: url('/a b\u00e9#c'), want: ['http://ads.example/a%20b%E9%23c'] },
    { draft: url('/dir/*'), want: ['http://ads.example/dir/%2A'] },
    {
      draft: { ...hostDraft('192.0.2.7', false), path: { kind: 'url', text: '/24' } },
      want: ['http://192.0.2.7/24'],
    },
    ...['/%41', '/a/../b', '//a', '/a\\b', '/a?', '/./a', '/%2e'].map((text) => ({
      draft: url(text),
      want: 'other_spelling',
    })),
    { draft: { ...HOST, path: { kind: 'page', text: '/a?b' } }, want: 'not_an_address' },
    { draft: { ...HOST, path: { kind: 'directory', text: '/a' } }, want: 'other_spelling' },
    { draft: url(`/${'a'.repeat(4096)}`), want: 'too_long' },
    { draft: hostDraft('github.io', true), want: 'public_suffix' },
    { draft: { ...hostDraft('github.io', true), path: { kind: 'directory', text: '/dir/' } }, want: 'public_suffix' },
  ];
  test.each(rows)('$draft.host $draft.path.text', ({ draft, want }) => {
    const written = writtenEntry(draft, 'refuse');
    expect(written.ok ? written.addresses : written.reason).toEqual(want);
  });

  test('plain hosts are known without the grammar, which says the same', () => {
    const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
    const host = fc.array(fc.oneof(label, fc.constantFrom('xn--bcher-kva', '0x7f', '127', 'a--b', 'ab--c')), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(host, fc.boolean(), (labels, below) => {
        const written = writtenEntry(hostDraft(labels.join('.'), below), 'warn');
        if (!written.ok) return;
        const read = parseAddress(written.addresses[0] ?? '');
        expect(read).toMatchObject({
          ok: true,
          host: labels.join('.'),
          subdomains: below,
          port: 0,
          path: { kind: 'host' },
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('plain paths too', () => {
    const piece = fc.constantFrom(
      '/',
      'a',
      '.',
      '..',
      '-',
      '~',
      '_',
      '?',
      '&',
      '=',
      'B',
      'a.b',
      '%41',
      '*',
      ';',
      '//',
      '0',
    );
    const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    const kind = fc.constantFrom('url', 'page', 'directory');
    fc.assert(
      fc.property(path, kind, fc.boolean(), (text, kind, ignoreCase) => {
        const written = writtenEntry({ ...HOST, path: { kind, text }, ignoreCase }, 'warn');
        if (!written.ok) return;
        const read = parseAddress(written.addresses[0] ?? '', ignoreCase ? FOLD.case : 0);
        const [, before = '', query] = /^([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
        const folded = ignoreCase ? before.toLowerCase() : before;
        const want = kind === 'url' ? { kind, path: folded, query: query ?? null } : { kind, path: folded };
        expect(read).toMatchObject({ ok: true, host: 'ads.example', port: 0, path: want });
      }),
      { numRuns: 3000 },
    );
  });
});
