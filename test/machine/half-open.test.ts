import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foreignConnections } from '../../src/machine/half-open.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
/** 192.0.2.10, 203.0.113.10, and 198.51.100.2, which is the machine's own. */
const [CLIENT, ORIGIN, OWN] = ['0A0200C0', '0A7100CB', '026433C6'];
const isOwn = (address: Uint8Array): boolean => address.join('.') === '198.51.100.2';

const line = (local: string, remote: string, state: string): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 17053 1 0000 100\n`;

describe('connections from addresses of clients', () => {
  test.each([
    { name: 'none', lines: [], want: { waiting: 0, answered: 0 } },
    {
      name: "the machine's own",
      lines: [line(`${OWN}:1000`, `${ORIGIN}:0050`, '02'), line(`${OWN}:1000`, `${ORIGIN}:0050`, '01')],
      want: { waiting: 0, answered: 0 },
    },
    {
      name: 'waiting, with the client there',
      lines: [line(`${ORIGIN}:0050`, `${CLIENT}:1000`, '01'), line(`${CLIENT}:1000`, `${ORIGIN}:0050`, '02')],
      want: { waiting: 1, answered: 0 },
    },
    {
      name: 'answered, from another port',
      lines: [line(`${ORIGIN}:0050`, `${CLIENT}:1000`, '01'), line(`${CLIENT}:1001`, `${ORIGIN}:0050`, '01')],
      want: { waiting: 0, answered: 1 },
    },
    {
      name: 'clients whose connection goes on from the own address',
      lines: [line(`${ORIGIN}:0050`, `${CLIENT}:1000`, '01'), line(`${OWN}:1001`, `${ORIGIN}:0050`, '01')],
      want: { waiting: 0, answered: 0 },
    },
    { name: 'listening', lines: [line('00000000:1F90', '00000000:0000', '0A')], want: { waiting: 0, answered: 0 } },
  ])('$name', ({ lines, want }) => {
    expect(foreignConnections(HEAD + lines.join(''), isOwn)).toEqual(want);
  });

  test('anything is read without a fault', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(foreignConnections(text, isOwn).waiting).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
