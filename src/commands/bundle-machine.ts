/**
 * What a support bundle says of the machine and of the process: system, limits, kernel settings, queues of listening sockets, the unit. It reads /proc and asks
 * `ss` and `systemctl`; what it cannot read is null. It must not tell the machine's name, nor any connection.
 */
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, loadavg, release, totalmem, uptime } from 'node:os';
import { runProgram } from '../lib/run-program.ts';
import { VERSION } from '../lib/version.ts';

type Facts = Readonly<Record<string, unknown>>;

/** Those that the shipped settings set, and those that bound how many are served. */
const SETTINGS = [
  'fs.file-max',
  'kernel.core_pattern',
  'net.core.netdev_max_backlog',
  'net.core.rmem_max',
  'net.core.somaxconn',
  'net.core.wmem_max',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.ip_forward',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_max_orphans',
  'net.ipv4.tcp_max_syn_backlog',
  'net.ipv4.tcp_mem',
  'net.ipv4.tcp_migrate_req',
  'net.ipv4.tcp_mtu_probing',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_tw_reuse',
  'net.ipv6.conf.all.forwarding',
  'net.netfilter.nf_conntrack_count',
  'net.netfilter.nf_conntrack_max',
  'vm.max_map_count',
  'vm.overcommit_memory',
  'vm.swappiness',
] as const;
/** Of /proc/net/netstat: connections that were lost before they were accepted. */
const LOST = ['ListenOverflows', 'ListenDrops', 'TCPReqQFullDrop', 'TCPMigrateReqSuccess', 'TCPMigrateReqFailure'];
/** Nothing of the environment or the command line. */
const UNIT = [
  'Id',
  'ActiveState',
  'SubState',
  'Result',
  'NRestarts',
  'ExecMainStatus',
  'ExecMainCode',
  'ActiveEnterTimestamp',
  'WatchdogUSec',
  'LimitNOFILE',
  'LimitNPROC',
  'LimitMEMLOCK',
  'MemoryCurrent',
  'MemoryPeak',
  'MemoryMax',
  'CPUQuotaPerSecUSec',
  'TasksCurrent',
  'TasksMax',
];
const BOUNDS = { timeoutMs: 3000, maxOutput: 100_000, variables: { LC_ALL: 'C' } };

/** @param instance null: none runs. `ports`: those that it listens on. */
export async function machineFacts(
  instance: { readonly pid: number; readonly ports: readonly number[] } | null,
): Promise<Facts> {
  return {
    program: { version: VERSION, node: process.version, versions: process.versions },
    system: {
      name: /^PRETTY_NAME="?([^"\n]*)/m.exec(textOf('/etc/os-release') ?? '')?.[1] ?? null,
      kernel: release(),
      architecture: arch(),
      processors: cpus().length,
      usable: availableParallelism(),
      model: cpus()[0]?.model ?? null,
      memoryBytes: totalmem(),
      freeBytes: freemem(),
      load: loadavg(),
      uptimeSeconds: Math.round(uptime()),
      pressure: Object.fromEntries(['cpu', 'io', 'memory'].map((what) => [what, textOf(`/proc/pressure/${what}`)])),
    },
    settings: Object.fromEntries(SETTINGS.map((name) => [name, textOf(`/proc/sys/${name.replaceAll('.', '/')}`)])),
    lostBeforeAccept: counters(textOf('/proc/net/netstat') ?? '', LOST),
    process: instance === null ? null : processFacts(instance.pid),
    listenQueues: instance === null ? null : await listenQueues(instance.ports),
    unit: instance === null ? null : await unitFacts(instance.pid),
  };
}

function processFacts(pid: number): Facts {
  return {
    limits: textOf(`/proc/${pid}/limits`),
    status: (textOf(`/proc/${pid}/status`) ?? '')
      .split('\n')
      .filter((line) => /^(?:Vm|Rss|Threads|Cap|Seccomp|NoNew)/.test(line)),
  };
}

/** Port, connections that wait to be accepted, and how many may. */
async function listenQueues(ports: readonly number[]): Promise<readonly string[] | null> {
  const { output, fault } = await runProgram(['ss', '-lntH'], BOUNDS);
  if (fault !== null) return null;
  return output.split('\n').flatMap((line) => {
    const [, waiting = '', most = '', local = ''] = line.trim().split(/\s+/);
    const port = Number(local.slice(local.lastIndexOf(':') + 1));
    return ports.includes(port) ? [`port ${port}: ${waiting} of ${most}`] : [];
  });
}

/** @returns null where no service of systemd runs the process. */
async function unitFacts(pid: number): Promise<readonly string[] | null> {
  const unit = /\/([\w@.\\:-]+\.service)$/m.exec(textOf(`/proc/${pid}/cgroup`) ?? '')?.[1];
  if (unit === undefined) return null;
  const { output, fault } = await runProgram(['systemctl', 'show', unit, `--property=${UNIT.join(',')}`], BOUNDS);
  return fault === null ? output.trim().split('\n') : null;
}

/** @param text a line of names and a line of values for each group, as /proc/net/netstat has them. */
export function counters(text: string, wanted: readonly string[]): Readonly<Record<string, number>> {
  const found: [string, number][] = [];
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const values = lines[i + 1]?.split(' ') ?? [];
    for (const [at, name] of (lines[i]?.split(' ') ?? []).entries())
      if (wanted.includes(name)) found.push([name, Number(values[at])]);
  }
  return Object.fromEntries(found);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
