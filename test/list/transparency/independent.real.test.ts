/** Heads are checked from docs/transparency.md alone, by a program in another language. */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { keyText } from '../../../src/list/transparency/signed-note.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { verifyIndependently } from './independent.ts';
import { Party, TestLog } from './logs.ts';

const log = new TestLog();
log.add(...Array.from({ length: 77 }, (_, at) => ({ kind: 'added', line: `host-${at}.example` })));
const witness = new Party('witness.example/1', 'cosignature');
const KEYS = [keyText(log.party.key), keyText(witness.key)] as const;

describeWith(['python3'])('Python', () => {
  test('finds that signatures, leaves and extension hold', async () => {
    using folder = temporaryDirectory();
    writeFileSync(folder.file('older'), log.branch(41).head());
    writeFileSync(folder.file('head'), log.head({ from: [41], open: [0, 63, 76], witnesses: [witness] }));
    expect(await verifyIndependently(folder.file('head'), ...KEYS, folder.file('older'))).toEqual({
      exit: 0,
      lines: [
        'signed: log.example/national, 77 leaves',
        'cosigned',
        'leaf 0: {"kind":"added","line":"host-0.example"}',
        'leaf 63: {"kind":"added","line":"host-63.example"}',
        'leaf 76: {"kind":"added","line":"host-76.example"}',
        'extends: 41 leaves',
      ],
    });
  });

  test.each<[string, (text: string) => string]>([
    ['the signature of the log', (text) => text.replace('\\n77\\n', '\\n78\\n')],
    ['the cosignature', (text) => text.replace('witness.example/1', 'witness.example/2')],
    ['leaf 63', (text) => text.replace('host-63', 'host-64')],
  ])('finds that %s does not hold', async (what, alter) => {
    using folder = temporaryDirectory();
    const text = log.head({ open: [63], witnesses: [witness] }).toString();
    writeFileSync(folder.file('head'), alter(text));
    const { exit, lines } = await verifyIndependently(folder.file('head'), ...KEYS);
    expect(exit).toBe(1);
    expect(lines.at(-1)).toBe(`does not hold: ${what}`);
  });

  test('finds a fork', async () => {
    using folder = temporaryDirectory();
    const other = log.branch(40);
    other.add({ kind: 'padding' });
    writeFileSync(folder.file('older'), other.head());
    writeFileSync(folder.file('head'), log.head({ from: [41] }));
    const { exit, lines } = await verifyIndependently(folder.file('head'), KEYS[0], '', folder.file('older'));
    expect(exit).toBe(1);
    expect(lines.at(-1)).toBe('does not hold: that it extends the older head');
  });
});
