/** Whoever follows docs/migration.md comes out where it says: the other tools take their files as they are there, and the lists made of them work. */
import { expect, test } from '@jest/globals';
import { LEFT_REASONS, NOTES } from '../../src/list/import/reasons.ts';
import { followDocument } from './follow.ts';
import { codeIn, document, tableRows } from './markdown.ts';

followDocument('docs/migration.md', ['curl', 'squidGuard', 'haproxy', 'dnsmasq'], {
  folders: [
    '/var/lib/squidguard',
    '/var/log/squidguard',
    '/etc/squidguard',
    '/etc/haproxy',
    '/etc/cleanfeed',
    '/opt/adguardhome',
    '/etc/pihole',
  ],
});

test('each reason and each note is in its table', () => {
  const rows = (heading: string): string[] =>
    tableRows(document('docs/migration.md'), heading).flatMap(([cell = '']) => codeIn(cell));
  expect(rows('not carried over').toSorted()).toEqual(Object.keys(LEFT_REASONS).toSorted());
  expect(rows('covers less').toSorted()).toEqual(Object.keys(NOTES).toSorted());
});
