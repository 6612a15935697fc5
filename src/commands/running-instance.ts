/** What a running instance says of itself, asked at its admin address. Nobody answering is an ordinary answer: null. */
import { request } from 'node:http';
import type { Config } from '../config/types.ts';
import { parseAddress } from '../lib/prefix.ts';

const TIMEOUT_MS = 500;
const MOST_BYTES = 1024 * 1024;

/** The generation of the lists it judges by; null where nobody answers, or it serves none yet. */
export async function runningGeneration(admin: Config['admin']): Promise<number | null> {
  if (admin.port === 0) return null;
  const status = await getJson(reachable(admin.address), admin.port).catch(() => null);
  const generation = typeof status === 'object' && status !== null && 'generation' in status ? status.generation : null;
  return typeof generation === 'number' && generation > 0 ? generation : null;
}

/** A server that listens on every address is asked on loopback. */
function reachable(address: string): string {
  const bytes = parseAddress(address);
  if (bytes === null || bytes.some((byte) => byte !== 0)) return address;
  return bytes.length === 4 ? '127.0.0.1' : '::1';
}

function getJson(host: string, port: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path: '/status', agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > MOST_BYTES) answer.destroy(new Error('too long'));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
