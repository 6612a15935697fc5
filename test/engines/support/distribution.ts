/**
 * The shipped configuration at work: Knot as hidden primary, and the resolvers that take the zone from it or from the file, each a real
 * process on loopback.
 *
 *   ZoneFolder.put ─▶ knotc zone-reload ─▶ knotd ─▶ named, pdns_recursor, unbound        kresd reads the file
 *                                                        └──────── ask `Upstream` ─────────┘
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { programPath } from '../../support/program-path.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { certificate } from './certificate.ts';
import { ask } from './dig.ts';
import type { Engine } from './engine.ts';
import { startKnot } from './knot.ts';
import { ZONE, ZoneFolder } from './policy-zone.ts';
import { STARTS, UNBOUND_SCRIPT, type ResolverName } from './resolvers.ts';
import type { Site } from './site.ts';
import { startUpstream, type UpstreamZones } from './upstream.ts';

export interface DistributionOptions {
  readonly zone: string;
  readonly upstream: UpstreamZones;
  readonly resolvers?: readonly ResolverName[];
  readonly changes?: Site['changes'];
}

export const RESOLVERS: readonly ResolverName[] = ['bind', 'powerdns', 'unbound', 'knot-resolver'];

export class Distribution implements AsyncDisposable {
  readonly site: Site;
  readonly zones: ZoneFolder;
  readonly engines = new Map<string, Engine>();
  readonly #remove: () => void;

  private constructor(site: Site, remove: () => void) {
    this.site = site;
    this.zones = new ZoneFolder(site.zones);
    this.#remove = remove;
  }

  static async start({
    zone,
    upstream,
    resolvers = RESOLVERS,
    changes = {},
  }: DistributionOptions): Promise<Distribution> {
    const directory = temporaryDirectory();
    const folder = directory.path;
    const zones = join(folder, 'zones');
    mkdirSync(zones);
    const world = await startUpstream(folder, upstream);
    const ports = {
      primary: await freePort(),
      primaryTls: await freePort(),
      bind: await freePort(),
      powerdns: await freePort(),
      unbound: await freePort(),
      'unbound-file': await freePort(),
      'knot-resolver': await freePort(),
      upstream: world.port,
    };
    const secrets = { bind: randomBytes(32).toString('base64'), powerdns: randomBytes(32).toString('base64') };
    certificate(folder, 'primary.dns.example');
    const distribution = new Distribution({ folder, zones, ports, secrets, changes }, () =>
      directory[Symbol.dispose](),
    );
    distribution.engines.set('upstream', world);
    try {
      distribution.zones.put(zone);
      await distribution.startPrimary();
      await Promise.all(resolvers.map(async (name) => await distribution.startResolver(name)));
    } catch (error) {
      await distribution[Symbol.asyncDispose]();
      throw error;
    }
    return distribution;
  }

  async startPrimary(): Promise<void> {
    this.engines.set('primary', await startKnot(this.site));
  }

  async startResolver(name: ResolverName): Promise<void> {
    this.engines.set(name, await STARTS[name](this.site));
  }

  engine(name: string): Engine {
    const engine = this.engines.get(name);
    if (engine === undefined) throw new Error(`${name} was not started`);
    return engine;
  }

  /** What a resolver says. */
  async ask(name: string, question: Parameters<typeof ask>[1]): ReturnType<typeof ask> {
    return await ask(this.engine(name).port, question);
  }

  /** As `notify` of `resolver.zones`. @returns whether Knot took it. */
  async reload(): Promise<boolean> {
    return await new Promise((resolve) => {
      const args = ['-s', join(this.site.folder, 'knot', 'knot.sock'), '-b', 'zone-reload', ZONE];
      execFile(programPath('knotc') ?? 'knotc', args, (error) => resolve(error === null));
    });
  }

  /** As `notify` beside an Unbound that reads the file. @returns null where that has taken it, or what the script says. */
  async tellUnbound(): Promise<string | null> {
    return await new Promise((resolve) => {
      execFile('sh', [join(this.site.folder, 'unbound-file', UNBOUND_SCRIPT)], (error, _, said) =>
        resolve(error === null ? null : said.trim()),
      );
    });
  }

  async publish(text: string): Promise<boolean> {
    this.zones.put(text);
    return await this.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.engines.values()].map(async (engine) => await engine.stop()));
    this.#remove();
  }
}
