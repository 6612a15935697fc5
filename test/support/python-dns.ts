/** Debian's python3-dnspython as another reader of DNS messages: it knows nothing of us but the RFCs. */
import { execFileSync } from 'node:child_process';
import { PYTHON } from './python-tuf.ts';

export const DNSPYTHON = '/usr/lib/python3/dist-packages/dns';

const PROGRAM = `
import json, sys
import dns.message, dns.flags, dns.opcode
def record(rrset, rdata):
    fields = {'name': rrset.name.to_text(), 'type': int(rrset.rdtype), 'ttl': rrset.ttl, 'text': rdata.to_text()}
    if int(rrset.rdtype) == 6: fields['minimum'] = rdata.minimum
    return fields
def read(wire):
    m = dns.message.from_wire(wire, ignore_trailing=True)
    section = lambda rrsets: [record(rrset, rdata) for rrset in rrsets for rdata in rrset]
    return {
        'id': m.id, 'response': bool(m.flags & dns.flags.QR), 'flags': dns.flags.to_text(m.flags), 'opcode': int(m.opcode()),
        'rcode': int(m.rcode()),
        'questions': [{'labels': [label.hex() for label in q.name.labels], 'type': int(q.rdtype), 'class': int(q.rdclass)} for q in m.question],
        'edns': m.edns, 'do': bool(m.ednsflags & dns.flags.DO), 'payload': m.payload,
        'reasons': [int(o.code) for o in m.options if int(o.otype) == 15],
        'answer': section(m.answer), 'authority': section(m.authority),
    }
for line in sys.stdin:
    try: print(json.dumps(read(bytes.fromhex(line.strip()))))
    except Exception as e: print(json.dumps({'fault': type(e).__name__}))
`;

interface ReadRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly text: string;
  /** Of an SOA. */
  readonly minimum?: number;
}

export interface ReadMessage {
  /** Why it is none; all else is missing then. */
  readonly fault?: string;
  readonly id: number;
  readonly response: boolean;
  readonly flags: string;
  readonly opcode: number;
  readonly rcode: number;
  /** Labels in hexadecimal digits, the empty one of the root included. */
  readonly questions: readonly { readonly labels: readonly string[]; readonly type: number; readonly class: number }[];
  /** Version; -1: none. */
  readonly edns: number;
  readonly do: boolean;
  readonly payload: number;
  /** Info-codes of extended errors. */
  readonly reasons: readonly number[];
  readonly answer: readonly ReadRecord[];
  readonly authority: readonly ReadRecord[];
}

export function readByDnspython(messages: readonly Buffer[]): readonly ReadMessage[] {
  const input = messages.map((message) => `${message.toString('hex')}\n`).join('');
  const output = execFileSync(PYTHON, ['-c', PROGRAM], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ReadMessage);
}
