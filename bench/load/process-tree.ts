/**
 * What a process and all its children cost, read from /proc (Linux): processor time and resident memory.
 * Processor time is that of /proc/PID/task/TID/schedstat: nanoseconds, where /proc/PID/stat counts in steps of 10 ms.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The process and its descendants that are alive now. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of numericEntries('/proc')) {
    const parent = parentOf(pid);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Nanoseconds on a processor so far, by thread. */
export type CpuReading = ReadonlyMap<number, number>;

/** `named`: threads whose name begins so; all unless told. */
export function readCpu(root: number, named = ''): CpuReading {
  const reading = new Map<number, number>();
  for (const pid of processTree(root)) {
    for (const thread of numericEntries(`/proc/${pid}/task`)) {
      if (!readText(`/proc/${pid}/task/${thread}/comm`).startsWith(named)) continue;
      const [nanoseconds] = readText(`/proc/${pid}/task/${thread}/schedstat`).split(' ');
      if (nanoseconds !== undefined && nanoseconds !== '') reading.set(thread, Number(nanoseconds));
    }
  }
  return reading;
}

/** Nanoseconds between two readings. A thread that began in between counts from zero; one that ended is lost. */
export function cpuBetween(before: CpuReading, after: CpuReading): number {
  let sum = 0;
  for (const [thread, nanoseconds] of after) sum += nanoseconds - (before.get(thread) ?? 0);
  return sum;
}

/** Nanoseconds on a processor so far, in steps of 10 ms: of this process alone, and of its threads that have ended too (proc(5), stat). */
export function readProcess(pid: number): number {
  // Behind the name, which may have spaces and parentheses.
  const fields = readText(`/proc/${pid}/stat`).replace(/^.*\)/s, '').trim().split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1e7;
}

/** Nanoseconds that one core has spent on anything so far, in steps of 10 ms. */
export function readCore(core: number): number {
  const fields = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readText('/proc/stat'))?.[1]?.split(' ').map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * 1e7;
}

/**
 * Resident bytes of the tree; a page that several processes share counts once (Pss). Where the kernel does not tell
 * (a process of another user), the whole of its resident pages.
 */
export function readMemory(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + (proportional(pid) ?? resident(pid)), 0);
}

/** From now on the kernel notes the most resident memory of the process anew (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The most resident bytes since then: nobody has to look meanwhile, which would take milliseconds of a core each time. */
export function peakSince(pid: number): number {
  return bytesOf(pid, 'VmHWM');
}

/** Resident bytes of the process that lie in anonymous mappings of at least so many bytes; looking takes milliseconds. */
export function residentInMappings(pid: number, leastBytes: number): number {
  return anonymousMappings(readText(`/proc/${pid}/smaps`)).reduce(
    (sum, { byteLength, resident }) => (byteLength < leastBytes ? sum : sum + resident),
    0,
  );
}

/** Private, writable and not executable, as proc(5) lists them in `smaps`. */
export function anonymousMappings(smaps: string): { readonly byteLength: number; readonly resident: number }[] {
  const mappings = smaps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *\n(?:[A-Z]\w*: .*\n)*?Rss: +(\d+) kB$/gm);
  return [...mappings].map(([, from = '0', to = '0', kilobytes]) => ({
    byteLength: Number.parseInt(to, 16) - Number.parseInt(from, 16),
    resident: Number(kilobytes) * 1024,
  }));
}

function proportional(pid: number): number | null {
  const match = /^Pss:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/smaps_rollup`));
  return match === null ? null : Number(match[1]) * 1024;
}

function resident(pid: number): number {
  return bytesOf(pid, 'VmRSS');
}

/** A line of /proc/PID/status; 0: there is none. */
function bytesOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readText(`/proc/${pid}/status`));
  return match === null ? 0 : Number(match[1]) * 1024;
}

function parentOf(pid: number): number | null {
  const match = /^PPid:\s+(\d+)$/m.exec(readText(`/proc/${pid}/status`));
  return match === null ? null : Number(match[1]);
}

function numericEntries(directory: string): number[] {
  try {
    return readdirSync(directory).map(Number).filter(Number.isInteger);
  } catch {
    return []; // ended in the meantime
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // ended in the meantime, or not ours to read
  }
}
