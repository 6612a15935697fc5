/** Fuzz target: texts that the route feed reads. Whatever stands there gives counts, ranges and a plan within their bounds, or is refused; pieces of a list hold what it holds. */
import { formatPrefix, parseIpAddress, parsePrefix } from '../../../src/lib/prefix.ts';
import { namedEntriesOf, type ListNames } from '../../../src/list/names/list-names.ts';
import { readCounters } from '../../../src/outlets/routes/counter-lines.ts';
import { namePieces } from '../../../src/outlets/routes/name-pieces.ts';
import { decodePlan, encodePlan } from '../../../src/outlets/routes/plan-file.ts';
import { readRanges } from '../../../src/outlets/routes/range-file.ts';

const MAX_ADDRESSES = 3;
const NOW = 1000;
const TODAY = 1;

export function fuzz(data: Buffer): void {
  const text = data.toString('utf8');
  const { bytes, malformed } = readCounters(text, MAX_ADDRESSES);
  demand(bytes.size <= MAX_ADDRESSES && malformed >= 0, 'counts are bounded', bytes.size);
  for (const [address, count] of bytes)
    demand(parseIpAddress(address) !== null && count >= 0, 'an address has a count', address);
  const ranges = readRanges(text, 'file');
  if (ranges.ok)
    for (const prefix of ranges.value.prefixes)
      demand(parsePrefix(formatPrefix(prefix)).ok, 'a range is a prefix', prefix);
  const plan = decodePlan(text, NOW);
  if (plan !== null) {
    const again = decodePlan(encodePlan(plan), NOW);
    demand(again !== null && again.state.routes.size === plan.state.routes.size, 'a plan comes back', text);
  }
  pieces(data, 'text');
  pieces(Buffer.concat([Buffer.from('cleanfeed names 2\nversion 7\ntime 1790000000\n'), data]), 'names');
}

function pieces(bytes: Buffer, form: ListNames['form']): void {
  const list: ListNames = { list: 'a', action: 'block', form, bytes, withdrawn: [], version: '' };
  const hosts = (names: ListNames): string[] =>
    [...namedEntriesOf(names, TODAY)].flatMap(({ host, steer }) => (steer ? [host] : []));
  // A list that is cut off is refused before it is in force.
  if (!bytes.includes(0) && bytes.at(-1) === 0x0a)
    demand([...namePieces(list)].flatMap(hosts).join() === hosts(list).join(), 'pieces hold what the list holds', form);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
