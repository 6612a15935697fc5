/**
 * Requirements 47 and 48 in whole processes: what is listed is refused in every spelling that is folded, and its origin hears nothing of it;
 * what lies beside it passes. For each kind of list, of a proxy's clients, of a steered listener's, and of cleartext inside CONNECT.
 */
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { build } from '../../src/publish/build.ts';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { listedUrl, listLine, neighbours } from '../over-blocking/listed.ts';
import { SPELLING_NAMES, spelled } from '../over-blocking/spellings.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { startResolver } from '../support/dns-peers.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const cleanfeed = commandsInOneProcess();
const STEERED = '127.0.0.5';
const DAY_MS = 86_400_000;
/** Eight entries each. */
const SITES = 20;
/** The last entry of a site names a port of its own. */
const ENTRIES = Array.from({ length: SITES * 8 }, (_, i) => i).filter((i) => i % 8 !== 7);
const TEXT = Array.from({ length: SITES * 8 }, (_, i) => `${listLine(i)}\n`).join('');
/** Refused as listed, or as what no request may have. */
const REFUSED = new Set([403, 400]);

const resources = new Resources();
afterEach(async () => await resources.end());

/** What the configuration says of a list of the kind. */
const KINDS: Readonly<Record<string, (file: (name: string) => string) => Promise<object>>> = {
  text: async (file) => await Promise.resolve({ source: file('list.txt') }),
  compiled: async (file) => {
    expect(await cleanfeed(['list', 'compile', file('list.txt'), '-o', file('list.bin')])).toMatchObject({ code: 0 });
    return { source: file('list.bin') };
  },
  protected: async () => {
    const house = resources.use(await ClearingHouse.begin(['isp-a']));
    await house.open(Date.now(), async (publisher) => {
      const terms = { today: Math.floor(publisher.now / DAY_MS), suffixes: 'refuse', isRelisted: false } as const;
      const built = build(Buffer.from(TEXT, 'latin1'), publisher.state, terms);
      if (!built.ok) throw new Error(JSON.stringify(built.errors));
      const { additions: added, removals: removed } = built.changeSet;
      await publisher.commitVersion({ added, removed, changeSet: 'digest', approvedBy: [] });
    });
    house.deploy('isp-a');
    return { source: `tuf+file://${house.web}/isp-a/`, root: house.root, identity: house.identity('isp-a') };
  },
};

/** Every name leads to the origin. */
function everywhere(query: Buffer): readonly Buffer[] {
  const end = query.indexOf(0, 12) + 5;
  const isForA = query.readUInt16BE(end - 4) === 1;
  const answer = Buffer.concat([
    query.subarray(0, end),
    isForA ? Buffer.from('c00c000100010000003c00047f000001', 'hex') : Buffer.alloc(0),
  ]);
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(isForA ? 1 : 0, 6);
  answer.writeUInt32BE(0, 8);
  return [answer];
}

async function startWith(list: object, origin: Origin): Promise<ProxyProcess> {
  const dns = resources.use(await startResolver(everywhere));
  return await startProxy({
    config: {
      listeners: [
        { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
        { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [origin.port] },
      ],
      lists: [{ name: 'own', ...list }],
      connect: { ports: [origin.port] },
      upstream: { allow: ['127.0.0.0/8'], dns: { servers: [dns.server] } },
    },
  });
}

interface Address {
  readonly url: string;
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
}

/** As a client that does not read the address takes it apart. */
function addressOf(url: string): Address {
  const behindScheme = url.slice(url.indexOf('://') + 3);
  const at = behindScheme.indexOf('/');
  return {
    url,
    authority: behindScheme.slice(0, at).replace(/^.*@/, ''),
    target: behindScheme.slice(at),
  };
}

/** Status of the answer to a request of each way. */
const WAYS: Readonly<Record<string, (proxy: ProxyProcess, address: Address, origin: Origin) => Promise<number>>> = {
  explicit: async (proxy, { url, authority }) => {
    await using client = await rawClient(proxy.port);
    client.send(`GET ${url} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
    return (await client.response()).status;
  },
  steered: async (_, { target, authority }, origin) => {
    await using client = await rawClient(origin.port, STEERED);
    client.send(`GET ${target} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
    return (await client.response()).status;
  },
  'steered, with an absolute target': async (_, { url, authority }, origin) => {
    await using client = await rawClient(origin.port, STEERED);
    client.send(`GET ${url} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
    return (await client.response()).status;
  },
  'inside CONNECT': async (proxy, { target, authority }) => {
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    const head = (await client.reader.until('\r\n\r\n')).toString('latin1');
    const status = Number(head.slice(9, 12));
    if (status !== 200) return status;
    client.send(`GET ${target} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
    return (await client.response()).status;
  },
};

describe.each(Object.entries(KINDS))('a %s list', (_, listOf) => {
  test.each(Object.entries(WAYS))('%s', async (way, ask) => {
    const directory = resources.use(temporaryDirectory());
    writeFileSync(directory.file('list.txt'), TEXT, 'latin1');
    await using origin = await startOkOrigin();
    await using proxy = await startWith(await listOf((name) => directory.file(name)), origin);
    const wrong: string[] = [];
    for (const [round, spelling] of SPELLING_NAMES.entries())
      for (let i = round; i < ENTRIES.length; i += SPELLING_NAMES.length) {
        const entry = ENTRIES[i] ?? 0;
        const url = spelled({ ...listedUrl(entry), port: origin.port }, spelling, entry);
        const before = origin.accepted;
        const status = await ask(proxy, addressOf(url), origin);
        // A CONNECT to a host with listed pages has its connection before any page is named.
        const isHeard = origin.accepted > before && way !== 'inside CONNECT';
        if (!REFUSED.has(status) || isHeard) wrong.push(`${status} ${url}`);
      }
    expect(wrong).toEqual([]);
    const near = neighbours(3).filter((url) => !/^http:\/\/[^/]+:/.test(url));
    for (const url of near) {
      const status = await ask(
        proxy,
        addressOf(url.replace(/^http:\/\/[^/?]+/, (site) => `${site}:${origin.port}`)),
        origin,
      );
      if (status !== 200) wrong.push(`${status} ${url}`);
    }
    expect(wrong).toEqual([]);
    expect(near.length).toBeGreaterThan(50);
  });
});
