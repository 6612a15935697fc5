/** The file of a zone as it was written: taken where it is whole and of this zone, and none of any other file. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { namesLines } from '../../../src/list/names/names-payload.ts';
import { namesWritten } from '../../../src/outlets/zones/written-names.ts';
import { inZoneFile } from '../../../src/outlets/zones/zone-reading.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

/** RFC 1035 section 5.1, RFC 2308; rules as draft-vixie-dnsop-dns-rpz has them. */
const HEADER = `; a comment
$ORIGIN block.rpz.example.
$TTL 60
@ SOA localhost. hostmaster.localhost. 2026112701 60 30 2592000 60
`;
const RECORDS = `a.example CNAME .
*.a.example CNAME .
b.example A 192.0.2.1
b.example AAAA 2001:db8::1
ok.a.example CNAME rpz-passthru.
`;
const END = '@ NS localhost.\n';

let directory: TemporaryDirectory;
const zone = (name = 'block.rpz.example') => ({ file: directory.file('zone'), name });
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

async function linesOf(text: string, name?: string): Promise<readonly string[] | null> {
  writeFileSync(directory.file('zone'), text);
  return await inZoneFile(zone(name), async (lines) => {
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all;
  });
}

describe('lines', () => {
  test('from the first record on', async () => {
    expect(await linesOf(HEADER + RECORDS + END)).toEqual((RECORDS + END).split('\n').slice(0, -1));
  });

  test.each([
    ['another zone', HEADER + RECORDS + END, 'other.rpz.example'],
    ['a zone whose name it begins with', HEADER + RECORDS + END, 'block.rpz'],
    ['no serial', HEADER.replace('2026112701', 'today') + RECORDS + END, undefined],
    ['a serial above 32 bits (RFC 1982)', HEADER.replace('2026112701', '4294967296') + RECORDS + END, undefined],
    ['an empty file', '', undefined],
    ['a header that is cut', HEADER.split('\n').slice(0, 2).join('\n'), undefined],
  ])('none of a file with %s', async (_, text, name) => {
    expect(await linesOf(text, name)).toBeNull();
  });

  test('none where nothing can be read, or the reader fails', async () => {
    const none = async (): Promise<null> => await Promise.reject(new Error('is not asked'));
    expect(await inZoneFile(zone(), none)).toBeNull();
    mkdirSync(directory.file('zone'));
    expect(await inZoneFile(zone(), none)).toBeNull();
  });
});

describe('what it blocks, as names of a list', () => {
  const written = async (text: string): Promise<readonly string[] | null> => {
    writeFileSync(directory.file('zone'), text);
    const payload = await namesWritten(zone());
    return payload === null ? null : [...namesLines(payload)];
  };

  test('each name and wildcard that is blocked, whatever is answered, and no exception', async () => {
    expect(await written(HEADER + RECORDS + END)).toEqual([
      '1 a.example dns',
      '2 *.a.example dns',
      '3 b.example dns',
      '4 b.example dns',
    ]);
  });

  test.each([
    ['is cut behind a record', HEADER + RECORDS],
    ['is cut within a record', HEADER + RECORDS.slice(0, -10)],
    ['goes on behind its end', HEADER + RECORDS + END + RECORDS],
    ['has a record of somebody else', `${HEADER}a.example TXT "x"\n${END}`],
    ['has a name that is none of ours', `${HEADER}A.Example CNAME .\n${END}`],
    ['is of another zone', HEADER.replace('block', 'other') + RECORDS + END],
  ])('nothing of a file that %s', async (_, text) => {
    expect(await written(text)).toBeNull();
  });

  test('of a zone without records nothing is blocked', async () => {
    expect(await written(HEADER + END)).toEqual([]);
  });
});
