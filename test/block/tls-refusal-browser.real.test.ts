/** What a real Chromium shows to whoever is refused in TLS: the page that docs/known-limits.md speaks of. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { tlsRefusal } from '../../src/block/tls-refusal.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';

const ANSWERS: readonly (readonly [name: string, answer: (socket: Socket) => void, error: string])[] = [
  ['an alert', (socket) => void socket.end(tlsRefusal(0x0303)), 'ERR_SSL_UNRECOGNIZED_NAME_ALERT'],
  ['a reset', (socket) => void socket.resetAndDestroy(), 'ERR_CONNECTION_RESET'],
];

describeWith(['chromium'])('Chromium', () => {
  test.each(ANSWERS)('shows %s by its own name', async (_, answer, error) => {
    const server = await refusing(answer);
    const { port } = server.address() as AddressInfo;
    const browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath: programPath('chromium') ?? 'chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP listed.example 127.0.0.1'],
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(HANG_BOUND_MS);
    await expect(page.goto(`https://listed.example:${port}/`)).rejects.toThrow(error);
    await browser.close();
    server.close();
  });
});

/** To whatever comes first. */
async function refusing(answer: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
