/**
 * The same hostile requests through this proxy, through HAProxy and through nginx, before the same origin: what both of
 * them refuse, this proxy does not forward, but for what is listed here with its reason.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startHaproxy } from '../support/haproxy.ts';
import { startNginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { Resources } from '../support/resources.ts';
import { SMUGGLING } from './cases/smuggling.ts';
import { open, statuses } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import { Upstream } from './support/upstream.ts';

/** A status that no proxy answers by itself. */
const FORWARDED = 299;
/** Clients at once: below what the peers' configurations let in. */
const AT_ONCE = 40;

/** HAProxy wants Host to be the target's, nginx takes HTAB for part of the value. */
const OWN_HOST =
  'in absolute-form the received Host is ignored (RFC 9112 §3.2.2), and HTAB around a value is no part of it (RFC 9110 §5.5)';
/** Cases that this proxy forwards though both others refuse them. */
const REASONS: Readonly<Record<string, string>> = {
  [String.raw`host 65: "Host:  \ta.example \t\r\n"`]: OWN_HOST,
  [String.raw`host 66: "HOST:\t[::1]:80 \r\n"`]: OWN_HOST,
};

interface Run {
  /** Names of the cases whose client got the origin's answer. */
  readonly forwarded: ReadonlySet<string>;
  /** Requests the origin took for whole. */
  readonly requests: number;
  readonly bytes: string;
}

const resources = new Resources();
const runs = new Map<string, Run>();

/** Each started before an origin; they give their ports. */
const PROXIES: Readonly<Record<'ours' | 'haproxy' | 'nginx', (upstream: Upstream) => Promise<number>>> = {
  ours: async () => {
    const ours = await startProxy({
      timeouts: { header: 3, body: 3, firstByte: 60 },
      limits: { chunkExtensionBytes: 64, trailerBytes: 256 },
    });
    resources.defer(async () => await ours.close());
    return ours.port;
  },
  haproxy: async ({ port }) => resources.use(await startHaproxy(port)).port,
  nginx: async ({ authority }) => {
    const seconds = 'client_header_timeout 3s; client_body_timeout 3s; proxy_read_timeout 10s;';
    const server = `${seconds} location / { proxy_pass http://${authority}; proxy_http_version 1.1; }`;
    return resources.use(await startNginx({ server })).port;
  },
};

describeWith(['haproxy', 'nginx'])('requirements 2, 5, 7, 10-13 and 19: beside HAProxy and nginx', () => {
  beforeAll(async () => {
    // Side by side, each with an origin of its own: most of the time goes into waiting for deadlines.
    await Promise.all(
      Object.entries(PROXIES).map(async ([name, startBefore]) => {
        const upstream = await new Upstream().listen();
        resources.defer(async () => await upstream.close());
        upstream.answer = `HTTP/1.1 ${FORWARDED} Forwarded\r\nContent-Length: 2\r\n\r\nok`;
        runs.set(name, await runAll(upstream, await startBefore(upstream)));
      }),
    );
  });
  afterAll(async () => await resources.end());

  test.each(SMUGGLING.map(({ name }) => name))('%s', (name) => {
    const [ours, haproxy, nginx] = (['ours', 'haproxy', 'nginx'] as const).map((proxy) =>
      runs.get(proxy)!.forwarded.has(name),
    );
    const alone = ours! && !haproxy! && !nginx!;
    expect({ alone, reason: alone ? REASONS[name] !== undefined : true }).toEqual({
      alone: name in REASONS,
      reason: true,
    });
  });

  test('one request arrives for each that was forwarded, and none that was smuggled', () => {
    const { forwarded, requests, bytes } = runs.get('ours')!;
    expect(requests).toBe(forwarded.size);
    expect(bytes).not.toMatch(/^GET \/smuggled/m);
  });

  test('the comparison compares: each forwards some and refuses many', () => {
    for (const { forwarded } of runs.values()) {
      expect(forwarded.size).toBeGreaterThan(10);
      expect(SMUGGLING.length - forwarded.size).toBeGreaterThan(50);
    }
  });
});

async function runAll(upstream: Upstream, port: number): Promise<Run> {
  upstream.take();
  const before = upstream.requests.length;
  const waiting = [...SMUGGLING];
  const forwarded = new Set<string>();
  const client = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const connection = await open(port);
      await connection.send(next.bytes.replaceAll('AUTHORITY', upstream.authority)).over();
      connection.destroy();
      if (statuses(connection.received)[0] === FORWARDED) forwarded.add(next.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return { forwarded, requests: upstream.requests.length - before, bytes: upstream.take() };
}
