/** The server that Bun and Deno have of their own, by host: each gives its program a Request. Prints a name and a port as JSON. */
import { LISTED_HOST, PATHS_HOST } from '../../heads/site.ts';
import { bodyOf, routed } from '../../site.ts';
import type { Served } from '../../site.ts';

/** What both have of the same form. */
type Serve = (options: {
  readonly port: number;
  readonly hostname: string;
  readonly fetch: (request: Request) => Response;
}) => { readonly port: number };
interface Runtimes {
  readonly Bun?: { readonly serve: Serve };
  readonly Deno?: {
    serve(options: object, handler: (request: Request) => Response): { readonly addr: { readonly port: number } };
  };
}

function served({ url }: Request): Served {
  const { hostname, pathname } = new URL(url);
  const name = hostname.replace(/\.$/, '');
  if (name === LISTED_HOST) return 'listed page';
  return name === PATHS_HOST ? routed(pathname) : 'neighbour';
}

const answer = (request: Request): Response => new Response(bodyOf(served(request)));
const at = { port: 0, hostname: '127.0.0.1' };
const { Bun, Deno } = globalThis as Runtimes;
const ports =
  Bun === undefined
    ? { 'deno-hosts': Deno!.serve({ ...at, onListen: () => {} }, answer).addr.port }
    : { 'bun-hosts': Bun.serve({ ...at, fetch: answer }).port };
process.stdout.write(`${JSON.stringify(ports)}\n`);
