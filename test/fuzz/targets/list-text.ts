/**
 * Fuzz target: a text list, with any bytes in it. Each line is an entry, a fault with a place in the line, or nothing; what is an entry is
 * canonical. Nothing throws.
 */
import { parseTextList } from '../../../src/list/text/grammar.ts';
import { foreignFormat, isCutOff } from '../../../src/list/text/lines.ts';
import { canonicalHost } from '../../../src/url/host.ts';

export function fuzz(data: Buffer): void {
  if (foreignFormat(data) !== null) demand(!isCutOff(data), 'what is no text list is not called cut off', '');
  for (const action of ['block', 'allow'] as const) {
    let last = 0;
    for (const outcome of parseTextList(data, { list: 1, action })) {
      if (outcome.kind === 'error') {
        const { line, column } = outcome.diagnostic;
        demand(line > last && column >= 1 && column <= data.length + 1, 'a fault has a place', outcome.diagnostic);
        last = line;
      }
      if (outcome.kind !== 'entry') continue;
      const { host, path } = outcome.entry;
      demand(canonicalHost(host) === host, 'the host of an entry is canonical', host);
      demand(path.kind === 'host' || path.path.startsWith('/'), 'a path is rooted', path);
    }
  }
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
