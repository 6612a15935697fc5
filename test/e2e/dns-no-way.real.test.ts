/** A DNS listener on a machine that has no way to its resolver (a boot before the network, a route that is gone), in a network namespace of its own. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { spawnProxy } from '../support/proxy-process.ts';

const RESOLVER = '192.0.2.53';
/** Answers every question with nothing. */
const SERVER = `const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (bytes, { port, address }) => { bytes[2] |= 0x80; socket.send(bytes, port, address); });
socket.bind(53, '${RESOLVER}');`;

describeWith(['unshare', 'nsenter', 'ip', 'dig'])('no way to the resolver', () => {
  // Was a fault: the instance did not start, with all its listeners, and said that 127.0.0.1 could not be bound.
  test('at the start: it serves what it can answer itself, and passes questions on once there is a way', async () => {
    const port = await freePort();
    await using proxy = await spawnProxy({
      config: {
        listeners: [
          { name: 'explicit', address: '127.0.0.1', port: 3128 },
          { name: 'dns', mode: 'dns', address: '127.0.0.1', port, upstream: [`${RESOLVER}:53`] },
        ],
      },
      lists: { own: 'listed.example dns\n' },
      under: ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
    });
    const namespace = `--net=/proc/${proxy.pid}/ns/net`;
    const inside = async (...words: readonly string[]): Promise<string> => {
      const ran = await promisify(execFile)('nsenter', [namespace, '--', ...words]).catch(
        ({ stdout }: { readonly stdout: string }) => ({ stdout }),
      );
      return ran.stdout;
    };
    const statusOf = async (name: string): Promise<string> =>
      /status: (\w+)/.exec(await inside('dig', '@127.0.0.1', '-p', String(port), '+tries=1', '+time=1', name))?.[1] ??
      'none';
    await eventually(
      'a listed name is refused',
      async () => await statusOf('listed.example'),
      (status) => status === 'NXDOMAIN',
    );
    expect(await statusOf('other.example')).not.toBe('NOERROR');
    await inside('ip', 'address', 'add', `${RESOLVER}/32`, 'dev', 'lo');
    const resolver = spawn('nsenter', [namespace, '--', process.execPath, '-e', SERVER], { stdio: 'inherit' });
    try {
      await eventually(
        'another is passed on',
        async () => await statusOf('other.example'),
        (status) => status === 'NOERROR',
      );
    } finally {
      resolver.kill('SIGKILL');
    }
  });
});
