/** What a server says of a file is asked with again where it stands for this file and no other. */
import { afterAll, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { copyPaths } from '../../../src/list/source/cached-copy.ts';
import { HttpsSource } from '../../../src/list/source/https.ts';
import {
  conditionsOf,
  NO_VALIDATORS,
  NOTHING_SAID,
  validatorsOf,
  validatorsOfNext,
} from '../../../src/list/source/validators.ts';
import type { SaidOfFile, Validators } from '../../../src/list/source/validators.ts';
import { FlatFileSource } from '../../../src/republish/flat-source.ts';
import { eventually } from '../../support/eventually.ts';
import { NO_TERMS } from '../../support/http-terms.ts';
import { ListServer } from '../../support/list-server.ts';
import { CERTIFICATE } from '../../support/localhost-certificate.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const TEN = 'Sat, 28 Nov 2026 10:00:10 GMT';
const NEXT = 'Sat, 28 Nov 2026 10:00:11 GMT';
const LATER = 'Sat, 28 Nov 2026 10:00:12 GMT';

test.each([
  { date: TEN, isBelieved: false, why: 'written in the second of the response' },
  { date: NEXT, isBelieved: false, why: 'by a clock that may be a little behind' },
  { date: LATER, isBelieved: true, why: 'two seconds old' },
  { date: undefined, isBelieved: true, why: 'of unknown age' },
  { date: 'yesterday', isBelieved: true, why: 'no date' },
])('a file of $date: $isBelieved, $why', ({ date, isBelieved }) => {
  const found = validatorsOf({ etag: '"x"', 'last-modified': TEN, ...(date === undefined ? {} : { date }) });
  expect(found).toEqual(isBelieved ? { etag: '"x"', lastModified: TEN } : NO_VALIDATORS);
});

test('a file of the future is one whose time somebody has set: another version would have another', () => {
  expect(validatorsOf({ etag: '"x"', 'last-modified': LATER, date: TEN }).etag).toBe('"x"');
});

test('an ETag alone is believed, and what is given twice is not', () => {
  expect(validatorsOf({ etag: '"x"', date: TEN })).toEqual({ etag: '"x"', lastModified: null });
  expect(validatorsOf({ etag: ['"x"', '"y"'], date: TEN })).toEqual(NO_VALIDATORS);
});

const unreliable = (given: Validators): SaidOfFile => ({ validators: NO_VALIDATORS, given });

test.each([
  { etag: '"x"', lastModified: TEN, isBelieved: true, why: 'it has stayed while the date went on' },
  { etag: '"x"', lastModified: TEN, isSame: false, isBelieved: false, why: 'it has stayed, and the list has not' },
  { etag: '"x"', lastModified: NEXT, isBelieved: false, why: 'it may be made of the second' },
  { etag: '"y"', lastModified: TEN, isBelieved: false, why: 'it is another' },
])('an ETag of a file that is always new: $isBelieved, $why', ({ etag, lastModified, isSame = true, isBelieved }) => {
  const now = unreliable({ etag: '"x"', lastModified: NEXT });
  const want = isBelieved ? { etag: '"x"', lastModified: null } : NO_VALIDATORS;
  expect(validatorsOfNext(unreliable({ etag, lastModified }), now, isSame)).toEqual(want);
});

test('without an ETag such a file has nothing to be asked with, and what can be relied on is asked with', () => {
  const [before, now] = [TEN, NEXT].map((lastModified) => unreliable({ etag: null, lastModified }));
  expect(validatorsOfNext(before!, now!, true)).toEqual(NO_VALIDATORS);
  const sound = { etag: '"x"', lastModified: TEN };
  expect(validatorsOfNext(NOTHING_SAID, { validators: sound, given: sound }, false)).toEqual(sound);
});

test('conditions are those of the validators that there are', () => {
  expect(conditionsOf(NO_VALIDATORS)).toEqual({});
  expect(conditionsOf({ etag: '"x"', lastModified: TEN })).toEqual({
    'if-none-match': '"x"',
    'if-modified-since': TEN,
  });
});

// Was a fault: the second was "not modified" to whoever had the first, until the list changed once more.
describeWith(['nginx'])('two versions of one length within a second, by a real nginx', () => {
  const directory = temporaryDirectory();
  const certificate = directory.file('ca.pem');
  writeFileSync(certificate, CERTIFICATE);
  afterAll(() => directory[Symbol.dispose]());
  const http = { ...NO_TERMS, ca: certificate };

  /** What a second has just begun with: the second version is written long before it ends, on a machine that is not starved. */
  const beginningOfSecond = async (): Promise<void> => {
    await eventually('a second has just begun', () => Date.now() % 1000 < 200);
  };

  interface Reader {
    /** @returns the list; null where nothing has changed. */
    read(): Promise<string | null>;
    close(): void;
  }

  function node(url: string): Reader {
    const source = new HttpsSource({
      url,
      intervalMs: 60_000,
      paths: copyPaths({ stateDirectory: directory.path, owner: 'test' }, 'far', url),
      owner: 'test',
      terms: http,
    });
    const read = async (): Promise<string | null> => {
      const found = await source.read();
      return 'bytes' in found ? Buffer.from(found.bytes).toString() : null;
    };
    return { read, close: () => source.close() };
  }

  function relay(url: string): Reader {
    const source = new FlatFileSource({ kind: 'https', url, http }, 1000);
    const read = async (): Promise<string | null> => {
      const found = await source.open();
      if (found === null) return null;
      let text = '';
      for await (const piece of found.pieces) text += Buffer.from(piece).toString();
      source.taken(false);
      return text;
    };
    return { read, close: () => source.close() };
  }

  test.each([
    ['node', node],
    ['relay', relay],
  ] as const)('both reach a %s', async (_, readerOf) => {
    await using server = await ListServer.start('z.example\n');
    const reader = readerOf(server.url);
    await beginningOfSecond();
    server.serveJustNow('a.example\n');
    expect(await reader.read()).toBe('a.example\n');
    server.serveJustNow('b.example\n');
    expect(await reader.read()).toBe('b.example\n');
    server.serve('c.example\n');
    expect([await reader.read(), await reader.read()]).toEqual(['c.example\n', null]);
    reader.close();
  });
});
