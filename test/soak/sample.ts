/** What the proxy process holds at one moment: from /proc, from its own metrics, from the probe in each thread, from the origins. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { Field } from './field.ts';

export interface Sample {
  /** Seconds since the soak began. */
  readonly at: number;
  /** Bytes. */
  readonly resident: number;
  /** Bytes, all threads: V8 heap in use, memory outside of it. */
  readonly heap: number;
  readonly external: number;
  readonly descriptors: number;
  readonly sockets: number;
  readonly threads: number;
  readonly timers: number;
  /** Open client connections, by the proxy's own gauge. */
  readonly clients: number;
  /** Connections to origins, in use and pooled, as the origins count them. */
  readonly upstreams: number;
}

interface ProbeReport {
  readonly at: number;
  readonly collected: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly timers: number;
}

/** Older reports are of threads that have ended, or have had no processor: only `collectGarbage` knows that it has all. */
const FRESH_MS = 3000;

/** @param reports of its threads, by default the latest. */
export async function takeSample(
  field: Field,
  startedAt: number,
  reports: readonly ProbeReport[] = freshReports(field.probeDirectory),
): Promise<Sample> {
  const { proxy, upstreamConnections } = field;
  const links = descriptorLinks(proxy.pid);
  const status = readFileSync(`/proc/${proxy.pid}/status`, 'latin1');
  const metrics = await proxy.metrics();
  return {
    at: (performance.now() - startedAt) / 1000,
    resident: fieldOf(status, 'VmRSS') * 1024,
    heap: sum(reports.map(({ heapUsed }) => heapUsed)),
    external: sum(reports.map(({ external }) => external)),
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    threads: fieldOf(status, 'Threads'),
    timers: sum(reports.map(({ timers }) => timers)),
    clients: sum([...metrics].filter(([name]) => name.startsWith('cleanfeed_connections{')).map(([, value]) => value)),
    upstreams: upstreamConnections(),
  };
}

/** Lets every thread collect its garbage; resolves with what each has reported after that. */
export async function collectGarbage({ probeDirectory, workers }: Field): Promise<readonly ProbeReport[]> {
  const want = Number(readFileSync(join(probeDirectory, 'want'), 'latin1')) + 1;
  writeFileSync(join(probeDirectory, 'want'), String(want));
  // The control thread is one more.
  return await eventually(
    'all threads have collected their garbage',
    () => probeReports(probeDirectory).filter(({ collected }) => collected === want),
    ({ length }) => length > workers,
  );
}

function freshReports(directory: string): ProbeReport[] {
  const youngest = Date.now() - FRESH_MS;
  return probeReports(directory).filter(({ at }) => at >= youngest);
}

function probeReports(directory: string): ProbeReport[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return files.map((name) => JSON.parse(readFileSync(join(directory, name), 'latin1')) as ProbeReport);
}

function descriptorLinks(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((fd) => {
    try {
      return [readlinkSync(join(directory, fd))];
    } catch {
      return []; // closed in the meantime
    }
  });
}

function fieldOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
