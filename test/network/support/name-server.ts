/** A name server on a machine of a network: the least that answers A and AAAA, from a table. */
import { once } from 'node:events';
import type { Namespace } from './namespace.ts';

/** Addresses by name; any number of each family. */
export type Names = Readonly<Record<string, readonly string[]>>;

export interface NameServer extends AsyncDisposable {
  /** For `resolver` and `dns.servers`. */
  readonly server: string;
}

const SERVER = `
import json, ipaddress, socket, struct, sys
names = json.loads(sys.argv[1])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 5353))
print('ready', flush=True)
while True:
    query, peer = s.recvfrom(4096)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    question = query[12:at + 5]
    kind = struct.unpack('>H', query[at + 1:at + 3])[0]
    known = names.get('.'.join(labels))
    addresses = [ipaddress.ip_address(a) for a in known or []]
    found = [a.packed for a in addresses if (a.version == 4) == (kind == 1) and kind in (1, 28)]
    answers = b''.join(b'\\xc0\\x0c' + struct.pack('>HHIH', kind, 1, 60, len(a)) + a for a in found)
    flags = 0x8180 | (3 if known is None else 0)
    s.sendto(query[:2] + struct.pack('>HHHHH', flags, 1, len(found), 0, 0) + question + answers, peer)
`;

export async function startNameServer(machine: Namespace, names: Names): Promise<NameServer> {
  const child = machine.spawn('python3', '-c', SERVER, JSON.stringify(names));
  await once(child.stdout, 'data');
  return {
    server: '127.0.0.1:5353',
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
