/** `proxy-chain` as a forward proxy: node proxy-chain-server.ts PORT LIST-FILE. Started by node-peers.ts. */
import { Agent } from 'node:http';
import { readFileSync } from 'node:fs';
import { Server } from 'proxy-chain';

const [port, listFile] = process.argv.slice(2);
const listed = new Set(readFileSync(listFile!, 'utf8').split('\n'));
const httpAgent = new Agent({ keepAlive: true, maxFreeSockets: 4096 });
const refuse = { customResponseFunction: () => ({ statusCode: 403, headers: {}, body: 'Refused\n' }) };

const server = new Server({
  host: '127.0.0.1',
  port: Number(port),
  prepareRequestFunction: ({ request }) => {
    const url = URL.parse(request.url ?? '');
    return url !== null && listed.has(url.hostname + url.pathname) ? refuse : { httpAgent };
  },
});
await server.listen();
