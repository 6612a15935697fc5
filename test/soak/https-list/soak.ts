/**
 * `serve` with a list from an HTTPS server that answers at random, well and badly: after each attempt the process is asked,
 * through the proxy, whether it serves the last good list and no other, and its metrics whether they tell each attempt as it was.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../../bench/data/seeded-random.ts';
import { startOrigin } from '../../support/origin.ts';
import type { Origin } from '../../support/origin.ts';
import { startProxy } from '../../support/proxy-process.ts';
import type { ProxyProcess } from '../../support/proxy-process.ts';
import { rawClient } from '../../support/raw-client.ts';
import { Resources } from '../../support/resources.ts';
import { ScriptedListServer } from '../../support/scripted-list-server.ts';
import { Script } from './script.ts';

export interface ListSoakResult {
  readonly seconds: number;
  readonly given: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>>;
  /** Times that everything was looked at and found right. */
  readonly looks: number;
  readonly faults: readonly string[];
  /** Bytes, one sample a look. */
  readonly resident: readonly number[];
}

const INTERVAL = '10s';
const LOOK_MS = 500;
/** The longest answer, an endless one on a busy machine, takes a part of this. */
const MAX_SILENCE_MS = 300_000;
const MAX_FAULTS = 20;
const REASONS_OF = /reason="([^"]+)"/;

export async function soakHttpsList({
  seconds,
  seed,
  onProgress,
}: {
  readonly seconds: number;
  readonly seed: number;
  readonly onProgress: (line: string) => void;
}): Promise<ListSoakResult> {
  const resources = new Resources();
  try {
    const script = new Script(seededRandom(seed), seconds);
    const server = resources.use(await ScriptedListServer.start(() => script.next()));
    const origin = resources.use(await startOkOrigin());
    const lists = [{ name: 'far', source: server.url, interval: INTERVAL }];
    const proxy = resources.use(await startProxy({ config: { lists, workers: 2 }, environment: server.environment }));
    return await new ListSoak({ script, server, proxy, origin, onProgress }).run(seconds);
  } finally {
    await resources.end();
  }
}

interface Parts {
  readonly script: Script;
  readonly server: ScriptedListServer;
  readonly proxy: ProxyProcess;
  readonly origin: Origin;
  readonly onProgress: (line: string) => void;
}

class ListSoak {
  readonly #parts: Parts;
  readonly #faults: string[] = [];
  readonly #resident: number[] = [];
  #looks = 0;
  #lookedAt = 0;
  #lookedWhen = performance.now();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(seconds: number): Promise<ListSoakResult> {
    const { script, proxy } = this.#parts;
    const startedAt = performance.now();
    while (performance.now() - startedAt < seconds * 1000 && !proxy.hasEnded && this.#faults.length < MAX_FAULTS) {
      if (script.attempts > this.#lookedAt) await this.#look();
      if (performance.now() - this.#lookedWhen > MAX_SILENCE_MS) {
        this.#faults.push(`nothing could be looked at for ${MAX_SILENCE_MS} ms: ${script.attempts} attempts as given`);
        this.#lookedWhen = performance.now();
      }
      await pause(LOOK_MS);
    }
    if (proxy.hasEnded) this.#faults.push(`the process ended: ${proxy.stderr.slice(-2000)}`);
    const { given, expected } = script;
    return {
      seconds: Math.round((performance.now() - startedAt) / 1000),
      given,
      expected,
      looks: this.#looks,
      faults: this.#faults,
      resident: this.#resident,
    };
  }

  /** Counts only where nothing was asked for meanwhile. */
  async #look(): Promise<void> {
    const { script, server, proxy, onProgress } = this.#parts;
    const { attempts, version } = script;
    const metrics = await proxy.metrics();
    if (syncs(metrics) !== attempts + server.abandoned) return;
    const faults = [...this.#wrongCounts(metrics), ...(await this.#wrongVerdicts(version))];
    if (script.attempts !== attempts) return;
    this.#lookedAt = attempts;
    this.#lookedWhen = performance.now();
    this.#looks += 1;
    this.#resident.push(residentBytes(proxy.pid));
    this.#faults.push(...faults.map((fault) => `after ${attempts} attempts: ${fault}`));
    for (const fault of faults) onProgress(`WRONG after ${attempts} attempts: ${fault}`);
    onProgress(
      `${attempts} attempts, version ${version}, ${Math.round(this.#resident.at(-1)! / 2 ** 20)} MiB resident, ${this.#faults.length} faults`,
    );
  }

  #wrongCounts(metrics: ReadonlyMap<string, number>): string[] {
    const {
      script: { expected },
      server: { abandoned },
    } = this.#parts;
    const counted: Record<string, number> = {};
    for (const [sample, value] of metrics) {
      if (value === 0) continue;
      const result = /^cleanfeed_list_sync_total\{.*result="([^"]+)"/.exec(sample)?.[1];
      if (result !== undefined) counted[result] = value;
      if (sample.startsWith('cleanfeed_list_rejected_total')) counted[REASONS_OF.exec(sample)![1]!] = value;
    }
    const wanted: Record<string, number> = {};
    for (const [key, count] of Object.entries(expected))
      for (const part of key.split('/')) wanted[part] = (wanted[part] ?? 0) + count;
    // Whether it gave up before or after the connection stood is not known here.
    if (abandoned > 0) wanted['failed'] = (wanted['failed'] ?? 0) + abandoned;
    const early = (counts: Record<string, number>): number => (counts['connect'] ?? 0) + (counts['timeout'] ?? 0);
    if (abandoned > 0 && early(counted) === early(wanted) + abandoned)
      Object.assign(wanted, { connect: counted['connect'], timeout: counted['timeout'] });
    const keys = new Set([...Object.keys(counted), ...Object.keys(wanted)]);
    return [...keys]
      .filter((key) => counted[key] !== wanted[key])
      .map((key) => `${key}: counted ${counted[key] ?? 0}, given ${wanted[key] ?? 0}`);
  }

  /** The last good list is in force, whole: its first and its last line; not the one before, nor anything of the one after. */
  async #wrongVerdicts(version: number): Promise<string[]> {
    const wanted = new Map([
      ['always', 403],
      [`version-${version}`, 403],
      [`version-${version - 1}`, 200],
      [`version-${version + 1}`, 200],
      ['never', 200],
    ]);
    const wrong: string[] = [];
    for (const [host, status] of wanted) {
      const answered = await this.#ask(host);
      if (answered !== status) wrong.push(`${host} is answered with ${answered}`);
    }
    return wrong;
  }

  async #ask(host: string): Promise<number> {
    const { proxy, origin } = this.#parts;
    await using client = await rawClient(proxy.port);
    client.request(`http://${host}.localhost:${origin.port}/listed`);
    return (await client.response()).status;
  }
}

function syncs(metrics: ReadonlyMap<string, number>): number {
  return [...metrics]
    .filter(([sample]) => sample.startsWith('cleanfeed_list_sync_total'))
    .reduce((sum, [, value]) => sum + value, 0);
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

async function startOkOrigin(): Promise<Origin> {
  return await startOrigin(async (connection) => {
    for (;;) {
      await connection.head();
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }
  });
}
