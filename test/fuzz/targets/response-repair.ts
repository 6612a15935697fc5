/**
 * Fuzz target: response heads that the strict parser refuses. What is repaired is strict, or still refused for its framing; repairing it again
 * changes nothing, and it is not much longer than what came.
 */
import { repairResponseHead } from '../../../src/wire/response-repair.ts';
import { readResponseHead } from '../../support/reference/read-response-head.ts';

const MAX_BYTES = 4096;
const ROOMY = { responseHeadBytes: 3 * MAX_BYTES, headerCount: 2000 };

export function fuzz(data: Buffer): void {
  const text = data.toString('latin1');
  const repaired = repairResponseHead(text, MAX_BYTES);
  if (repaired.kind !== 'head') return;
  const { head, consumed } = repaired;
  demand(consumed > 0 && consumed <= text.length, 'what is repaired has come', consumed);
  demand(head.length <= 2 * consumed + 8, 'what is repaired is not much longer', head.length);
  const strict = readResponseHead(head, ROOMY);
  if (strict === 'malformed')
    demand(/\r\n(?:content-length|transfer-encoding):/i.test(head), 'only framing is still refused', head);
  else demand(strict !== 'need-more' && strict.length === head.length, 'what is repaired is strict', head);
  const again = repairResponseHead(head, 2 * MAX_BYTES + 8);
  demand(again.kind === 'head' && again.head === head, 'repairing it again changes nothing', head);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
