/** Origins that break their answers, names that fail, origins that are not there: the right status, nothing cut short that looks whole. */
import { open, statuses } from '../../hostile/support/connection.ts';
import { within } from '../../support/within.ts';
import { FAULTS } from '../origins/broken.ts';
import { oneOf } from './mix.ts';
import type { Mix, MixContext } from './mix.ts';

export const brokenOrigin: Mix = async (context) => {
  const [name, { status, whole }] = oneOf(context.random, Object.entries(FAULTS));
  const { received, ending } = await ask(context, `http://localhost:${context.field.ports.broken}/${name}`);
  const final = statuses(received).filter((code) => code >= 200);
  if (final.length !== 1 || final[0] !== status)
    throw new Error(`${name}: answered with ${final.join(', ')} instead of ${status}`);
  if (whole !== (ending === 'end')) throw new Error(`${name}: the connection ended with ${ending}`);
  if (whole && status === 200 && !received.endsWith('\r\n\r\nhello'))
    throw new Error(`${name}: not the whole body came`);
  context.field.ledger.right(context.name);
};

const HOSTS: readonly (readonly [host: string, status: number])[] = [
  ['nowhere.example', 502],
  ['broken.example', 502],
  ['silent.example', 504],
  ['private.example', 403],
  ['10.1.2.3', 403],
];

export const failingName: Mix = async (context) => {
  const { random, field } = context;
  // Names that nobody asked for before: the caches must not grow with them.
  const [host, status] = oneOf(random, [
    ...HOSTS,
    [`${context.tag()}.example`, 502],
    [`127.0.0.1:${field.ports.nobody}`, 502],
  ] as const);
  const { received } = await ask(context, `http://${host}/`);
  if (statuses(received)[0] !== status)
    throw new Error(`${host}: answered with ${statuses(received).join(', ')} instead of ${status}`);
  field.ledger.right(context.name);
};

async function ask(
  { field }: MixContext,
  url: string,
): Promise<{ readonly received: string; readonly ending: string | null }> {
  const connection = await open(field.proxy.port);
  try {
    connection.send(`GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await within(`the answer for ${url}`, connection.over());
    return { received: connection.received, ending: connection.ending };
  } finally {
    connection.destroy();
  }
}
