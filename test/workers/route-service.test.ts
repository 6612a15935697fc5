/** The route feed of a configuration: when there is one, and which addresses of the configuration are never steered. */
import { expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { formatPrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';
import { RouteService } from '../../src/workers/route-service.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const GROUND = { log: memoryLog(), today: () => 20_000 };
const LISTS = 'lists: [{ name: own, source: ./own.txt, action: block }]\n';
const ROUTES = '  routes: { file: ./steer.conf, lists: [own], resolvers: [203.0.113.53], rate: null }\n';

function config(text: string): Config {
  const loaded = parseConfig(`${LISTS}${text}`, '/f.yaml', {});
  if (!loaded.ok) throw new TypeError(JSON.stringify(loaded.faults));
  return loaded.config;
}

test('without the key there is none, and nobody can decide', async () => {
  const service = new RouteService();
  expect([service.plans(config(''), GROUND), service.status(), service.held()]).toEqual([[], null, null]);
  expect(await service.decide('deny', '203.0.113.1')).toContain('resolver.routes is not set');
});

test('listeners, name servers and addresses that DNS gives are never steered; other settings are another feed', () => {
  const text = `listeners:
  - { name: a, mode: explicit, address: 198.51.100.1, port: 3128 }
  - { name: b, mode: steered, addresses: [198.51.100.64/29], ports: [80], resolver: ["198.51.100.53:53"] }
upstream: { dns: { servers: ["[2001:db8::53]:5353"] } }
resolver:
  answers: { block: { a: [198.51.100.80] }, steer: { a: [198.51.100.96/29], aaaa: ["2001:db8:80::/64"] } }
${ROUTES}`;
  const service = new RouteService();
  const plan = service.plans(config(text), GROUND)[0]!;
  const { named } = plan.settings as { readonly named: readonly Prefix[] };
  const prefixes = named.map(formatPrefix);
  expect(prefixes).toEqual(
    expect.arrayContaining(['198.51.100.1/32', '198.51.100.64/29', '198.51.100.53/32', '2001:db8::53/128']),
  );
  expect(prefixes).toEqual(expect.arrayContaining(['198.51.100.80/32', '198.51.100.96/29', '2001:db8:80::/64']));
  const [same] = service.plans(config(text), GROUND);
  const [other] = service.plans(config(text.replace('198.51.100.80', '198.51.100.81')), GROUND);
  expect([same?.settings, plan.name]).toEqual([plan.settings, 'routes']);
  expect(other?.settings).not.toEqual(plan.settings);
});

test('a feed that was opened is seen, until the key is gone', async () => {
  using directory = temporaryDirectory();
  const service = new RouteService();
  const text = `state: { directory: ${directory.path} }\nresolver:\n${ROUTES}`;
  const outlet = service.plans(config(text), GROUND)[0]!.open();
  expect([outlet.lists, service.status()?.announced, service.held()?.reviews]).toEqual([['own'], 0, []]);
  expect(await service.decide('deny', '203.0.113.1')).toContain('has not begun');
  service.plans(config(''), GROUND);
  expect(service.status()).toBeNull();
  await outlet.close();
});
