/**
 * What must wake nobody: two healthy instances, each with its guard, under customers with single errors and a page that is refused now and
 * then, a health check of balancers, scans of their ports, questions for names, and lists of two formats that get new versions.
 *
 *   customers ─▶ serve ─▶ origin        guard ─▶ serve        clearing house ─▶ folder ─▶ serve ─▶ policy zone
 *   questions ─▶ serve ─▶ resolver      scans ─▶ serve        own list, a file
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { start } from '../commands/cli-process.ts';
import { ClearingHouse } from './clearing-house.ts';
import { DnsClient, startResolver } from './dns-peers.ts';
import { queryBytes } from './dns-queries.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startOkOrigin } from './ok-origin.ts';
import { startProxy, type ProxyProcess, type ProxySetup } from './proxy-process.ts';
import { RawClient } from './raw-client.ts';

const ISP = 'isp';
const NODES = 2;
/** Ports on either side of a listener that are tried too, at an address at which no other test listens: it would count the connection. */
const SCANNED = 50;
const SCANNED_ADDRESS = '127.91.0.1';
const PAGES = 10;
/** Who is not this machine itself, by its address. */
const CUSTOMER = '127.0.0.7';

export interface HealthyNode {
  readonly proxy: ProxyProcess;
  /** Where its guard is scraped. */
  readonly guardPort: number;
  readonly questions: DnsClient;
}

/** Of what they share. */
interface Parts {
  readonly house: ClearingHouse;
  readonly originPort: number;
  /** Nobody listens there. */
  readonly closedPort: number;
  readonly resolver: string;
  /** Of the guards' pages: each list has all of them, as nodes of a fleet have one list. */
  readonly pages: readonly number[];
  /** How often the list in a file is tested. */
  readonly selfTest: string;
}

export class HealthyFleet implements AsyncDisposable {
  readonly nodes: readonly HealthyNode[];
  readonly #parts: Parts;
  readonly #started: AsyncDisposableStack;

  private constructor(parts: Parts, nodes: readonly HealthyNode[], started: AsyncDisposableStack) {
    this.#parts = parts;
    this.nodes = nodes;
    this.#started = started;
  }

  /** Resolves when all of it is as it should be. */
  static async start({ selfTest }: Pick<Parts, 'selfTest'>): Promise<HealthyFleet> {
    await using started = new AsyncDisposableStack();
    const house = started.use(new ClearingHouse(0));
    await beginPublishing(house);
    const parts: Parts = {
      house,
      originPort: started.use(await startOkOrigin()).port,
      closedPort: await freePort(),
      resolver: started.use(await startResolver()).server,
      pages: await Promise.all(Array.from({ length: NODES }, async () => await freePort())),
      selfTest,
    };
    const nodes: HealthyNode[] = [];
    for (const page of parts.pages) nodes.push(await startNode(parts, page, started));
    return new HealthyFleet(parts, nodes, started.move());
  }

  /** Pages, a question for a name, a page that is refused now and then, and single errors: nobody listens there, no such name. */
  async customers({ proxy, questions }: HealthyNode, round: number): Promise<void> {
    const { originPort, closedPort } = this.#parts;
    await using client = new RawClient(connect({ port: proxy.port, host: '127.0.0.1', localAddress: CUSTOMER }));
    const ask = async (url: string): Promise<void> => {
      client.request(url);
      await client.response();
    };
    for (let page = 0; page < PAGES; page++) await ask(`http://origin.localhost:${originPort}/${page}`);
    if (round % 30 === 7) await ask(`http://origin.localhost:${originPort}/listed`);
    if (round % 60 === 9) await ask(`http://origin.localhost:${closedPort}/`);
    if (round % 60 === 19) await ask('http://nowhere.invalid/');
    questions.send(queryBytes({ id: round % 0xffff, name: `n${round}.example` }));
  }

  /** Health checks as balancers make them, of both kinds; the ports around are tried, with bytes that are no HTTP. */
  async checks({ proxy }: HealthyNode, isScanned: boolean): Promise<void> {
    await touch(proxy.port, '');
    const { status, body } = await proxy.admin('/readyz');
    if (status !== 200) throw new Error(`/readyz: ${status} ${body}`);
    if (!isScanned) return;
    for (let other = proxy.port - SCANNED; other < proxy.port + SCANNED; other++)
      await touch(other, '', SCANNED_ADDRESS);
    for (const port of [proxy.port, proxy.adminPort])
      for (const bytes of ['\0\0\0\0', 'HELP\r\n', 'GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\0\x05hello'])
        await touch(port, bytes);
  }

  /** Of both lists, one entry more or fewer than before; each node takes it in its own time. */
  async newVersions(version: number): Promise<void> {
    const { house } = this.#parts;
    for (const { proxy } of this.nodes) writeFileSync(proxy.file('own.txt'), ownList(this.#parts, version));
    await house.list('always', ...(version % 2 === 0 ? [] : ['sometimes']));
    house.deploy(ISP);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }
}

async function beginPublishing(house: ClearingHouse): Promise<void> {
  const recipients: string[] = [];
  for (const name of [ISP, 'names']) {
    const identity = await generateX25519Identity();
    writeFileSync(house.identity(name), identity, { mode: 0o600 });
    recipients.push(await identityToRecipient(identity));
  }
  await house.publish('init');
  await house.publish('recipient', 'add', ISP, recipients[0]!, '--names', recipients[1]!);
  await house.list('always');
  house.deploy(ISP);
}

async function startNode(parts: Parts, page: number, started: AsyncDisposableStack): Promise<HealthyNode> {
  const ports = { page, listener: await freePort(), admin: await freePort(), guard: await freePort() };
  const proxy = started.use(await startProxy(setupOf(parts, ports)));
  const guard = start(['guard', '-c', proxy.file('cleanfeed.yaml')]);
  started.defer(async () => {
    guard.child.kill();
    await guard.ended;
  });
  await eventually('the guard has it in the path, and sees its listed page refused', async () => {
    const text = await textOf(ports.guard);
    return /^cleanfeed_guard_in_path 1$/m.test(text) && /^cleanfeed_guard_listed_refused 1$/m.test(text);
  });
  return { proxy, guardPort: ports.guard, questions: started.use(await DnsClient.of(proxy.portOf('dns'))) };
}

function setupOf(parts: Parts, ports: Readonly<Record<'page' | 'listener' | 'admin' | 'guard', number>>): ProxySetup {
  const { house, resolver, selfTest } = parts;
  const national = {
    name: 'national',
    source: `tuf+file://${join(house.web, ISP)}/`,
    root: house.root,
    identity: house.identity(ISP),
    namesIdentity: house.identity('names'),
  };
  return {
    config: {
      listeners: [
        { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: ports.listener },
        { name: 'scanned', mode: 'explicit', address: SCANNED_ADDRESS, port: ports.listener },
        { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver] },
      ],
      admin: { address: '127.0.0.1', port: ports.admin },
      lists: [{ name: 'own', source: './own.txt', selfTest: { interval: selfTest } }, national],
      resolver: { zones: [{ name: 'block.rpz', file: './block.zone', lists: ['national'], notify: [] }] },
      guard: {
        origin: { port: ports.page },
        metrics: { port: ports.guard },
        probes: [{ listener: 'explicit' }],
        listed: { address: `http://127.0.0.1:${ports.page}/listed` },
        actions: { out: [['true']], back: [['true']] },
        // Of a machine that is busy with other tests too.
        timeout: '2s',
        commandTimeout: '20s',
      },
      workers: 2,
      // So many as the descriptors of a machine for tests allow.
      limits: { connections: 1000 },
    },
    lists: { own: ownList(parts, 0) },
  };
}

function ownList({ originPort, pages }: Parts, version: number): string {
  const lines = [
    `origin.localhost:${originPort}/listed`,
    'listed.example/selftest.html test',
    ...pages.map((page) => `127.0.0.1:${page}/listed`),
    ...(version % 2 === 0 ? [] : ['sometimes.example']),
  ];
  return `${lines.join('\n')}\n`;
}

async function textOf(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
  return (await answer?.text()) ?? '';
}

/** Connects where somebody listens, says that, and goes. */
async function touch(port: number, bytes: string, address = '127.0.0.1'): Promise<void> {
  const socket = connect(port, address);
  socket
    .on('error', () => {})
    .on('connect', () => socket.end(bytes))
    .setTimeout(1000, () => socket.destroy());
  await new Promise((resolve) => socket.resume().on('close', resolve));
}
