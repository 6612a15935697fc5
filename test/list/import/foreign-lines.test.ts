/** A refused line of another tool names the importer that reads it: here its `--from` reads the samples that the refusal is tested with. */
import { expect, test } from '@jest/globals';
import { FOREIGN_FORMATS, foreignMessage } from '../../../src/list/text/foreign-formats.ts';
import type { ForeignCode } from '../../../src/list/text/foreign-formats.ts';
import { FOREIGN_SAMPLES } from '../text/foreign-samples.ts';
import { imported } from './imported.ts';
import type { ImportedOptions } from './imported.ts';

const TOLD: Readonly<Record<string, ImportedOptions>> = {
  adblock: { match: 'url', ignoresExceptions: true },
  squid: { match: 'dstdomain' },
  haproxy: { match: 'str', sample: 'hdr', values: new Set(['1']) },
};

const named = FOREIGN_SAMPLES.flatMap(({ tool, text, code }) => {
  const format = FOREIGN_FORMATS[code as ForeignCode];
  return 'from' in format ? [{ tool, text, code: code as ForeignCode, from: format.from }] : [];
});

test.each(named)('$tool: $from', ({ text, code, from }) => {
  expect(foreignMessage(code)).toContain(`'cleanfeed list import --from ${from}'`);
  const { counts, findings } = imported(from, text, TOLD[from]);
  expect(counts.lines.lines).toBe(text.split('\n').length - 1);
  const lines = text.split('\n');
  const unread = findings.filter(({ code: reason }) => reason === 'bad_line').map(({ line }) => lines[line - 1] ?? '');
  // dnsmasq says that `0` is no address either.
  expect(unread.filter((line) => !line.startsWith('0 '))).toEqual([]);
});
