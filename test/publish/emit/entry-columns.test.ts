/** Records from columns that all recipients share are those of the entries, one by one. */
import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { RECORD_BYTES, RecordMaker } from '../../../src/list/protected/record.ts';
import { makeRecords } from '../../../src/publish/emit/emit-job.ts';
import { EMITTERS } from '../../../src/publish/emit/emitter.ts';
import { columnsOf, formColumns } from '../../../src/publish/emit/entry-columns.ts';
import { idsOf } from '../../../src/publish/emit/entry-ids.ts';
import { EMITTERS as TWO_FORMS } from '../second-form.ts';

const [emitter] = EMITTERS;
const LINES = [
  'host.example',
  '*.host.example:8080 dns steer count expires=2027-03-31',
  '192.0.2.1',
  '[2001:db8::1]:8080',
  'http://host.example/',
  'http://host.example/*',
  'http://host.example/Dir/Sub/* fold=case,slash',
  'http://host.example/page?* test',
  'http://host.example/page?q=1&r=%2A fold=params',
  `http://host.example/${'long/'.repeat(700)}`,
  ...Array.from({ length: 3000 }, (_, i) => `http://h${i}.example/${i}`),
].map((line, i) => [line, 3 * i + 1] as const);

test.each([LINES, LINES.slice(0, 1), []])('of %#', (...lines) => {
  const keys = { fingerprint: randomBytes(8), proof: randomBytes(32), id: randomBytes(32) };
  const maker = new RecordMaker(keys);
  const idOf = idsOf(keys.id);
  const wanted = new Uint8Array(lines.length * RECORD_BYTES);
  for (const [row, [line, uid]] of lines.entries())
    maker.write(emitter!.entryOf(line, idOf(uid))!, wanted, row * RECORD_BYTES);
  const records = makeRecords(keys, columnsOf(lines, lines.length, emitter!));
  expect(Buffer.from(records).equals(wanted)).toBe(true);
  // There may be fewer than was said.
  expect(Buffer.from(makeRecords(keys, columnsOf(lines, lines.length + 9, emitter!))).equals(wanted)).toBe(true);
});

test('each form has its own', () => {
  const columns = formColumns(() => [['http://host.example/Dir/', 1]], 1, TWO_FORMS);
  expect(Object.keys(columns)).toEqual(['1/1', '1/2']);
  const texts = Object.values(columns).map(({ text }) => Buffer.from(text).toString('latin1'));
  expect(texts).toEqual(['host.example/Dir/', 'host.example/dir/']);
});

test('more text than its ends can tell is an error that names the event, and no wrong end', () => {
  const lines = [
    ['http://host.example/a', 7],
    ['http://host.example/bc', 9],
  ] as const;
  const { text } = columnsOf(lines, 2, emitter!);
  expect(columnsOf(lines, 2, emitter!, text.length).text).toEqual(text);
  expect(() => columnsOf(lines, 2, emitter!, text.length - 1)).toThrow(
    expect.objectContaining({ code: 'too_large', message: expect.stringContaining('from event 9 on') }),
  );
});

test('a line that holds no entry is named by its event', () => {
  expect(() => columnsOf([['# nothing', 7]], 1, emitter!)).toThrow('event 7 holds no entry in form 1/1');
});
