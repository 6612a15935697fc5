/** That two programs of one test, or of two that run at once, are never told to use one port. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freePort } from './free-port.ts';

test('none is given twice, and all are below those of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
  expect(ports.filter((port) => port < 10_000 || port >= 32_768 || port === 10_080)).toEqual([]);
});

test('a resolver that asks name servers of this machine, by ports that it chooses itself, leaves those alone', () => {
  const folder = join(import.meta.dirname, '..');
  const questioners = [
    { asks: /do-not-query-localhost: no/g, avoids: /outgoing-port-avoid: \$\{FREE_PORTS\.first\}/g },
    { asks: /dont_query: \[\]/g, avoids: /udp_source_port_min: \$\{FREE_PORTS\.end\}/g },
  ];
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    // On machines of a network of its own, nobody else takes a port.
    .filter((name) => name.endsWith('.ts') && !name.startsWith('network/') && !name.endsWith('free-port.test.ts'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;
  for (const { asks, avoids } of questioners) {
    expect(found.some(({ text }) => count(text, asks) > 0)).toBe(true);
    expect(found.filter(({ text }) => count(text, asks) > count(text, avoids)).map(({ name }) => name)).toEqual([]);
  }
});
