/** How many descriptors a process may hold (Linux). What is started inherits it; raising it needs root, so nobody tries. */
import { readFileSync } from 'node:fs';

export function descriptorLimit(): number {
  const line = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return line === null ? Infinity : Number(line[1]);
}
