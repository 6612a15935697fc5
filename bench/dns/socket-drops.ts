/**
 * Where datagrams were lost on this machine: what the kernel has dropped at the UDP sockets of a process for want of room in their receive
 * buffers (proc(5), /proc/net/udp, last column), and on the whole machine (/proc/net/snmp). Sockets that a process closes take their counts along.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Of each open UDP socket, by inode. */
function dropsByInode(): ReadonlyMap<string, number> {
  const lines = ['udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'latin1').trim().split('\n').slice(1),
  );
  return new Map(
    lines.map((line) => {
      const fields = line.trim().split(/\s+/);
      return [fields[9] ?? '', Number(fields.at(-1))];
    }),
  );
}

/** At most so many are looked at each time; a process is gone between two looks. */
export function socketDrops(pid: number): number {
  const drops = dropsByInode();
  let sum = 0;
  try {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(target(`/proc/${pid}/fd/${descriptor}`)) ?? [];
      sum += inode === undefined ? 0 : (drops.get(inode) ?? 0);
    }
  } catch {
    // It has ended.
  }
  return sum;
}

/** Of all sockets since the machine has started, those that are closed included. */
export function machineDrops(): number {
  const text = ['/proc/net/snmp', '/proc/net/snmp6'].map((file) => readFileSync(file, 'latin1'));
  const [names = [], values = []] = (text[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.split(' '));
  const ipv6 = /^Udp6RcvbufErrors\s+(\d+)/m.exec(text[1] ?? '')?.[1] ?? '0';
  return Number(values[names.indexOf('RcvbufErrors')] ?? 0) + Number(ipv6);
}

function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
