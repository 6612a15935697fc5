/** Asks a running instance at its control socket. Nobody answering is an ordinary answer. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ControlReply } from '../lib/control-protocol.ts';
import { errnoOf } from '../lib/errors.ts';

export type Asked =
  | { readonly kind: 'reply'; readonly reply: ControlReply }
  /** No instance is there, or it went away before it answered. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'no-permission' };

/** `timeoutMs`: none where the answer may take as long as a list takes to compile. Never rejects. */
export async function askControl(socket: string, request: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<Asked> {
  try {
    const answer = await exchange(socket, `${JSON.stringify(request)}\n`, timeoutMs);
    return { kind: 'reply', reply: JSON.parse(answer) as ControlReply };
  } catch (error) {
    const errno = errnoOf(error);
    return { kind: errno === 'EACCES' || errno === 'EPERM' ? 'no-permission' : 'nobody' };
  }
}

/** The generation that the instance of this configuration judges by; null where it does not answer or serves none yet. */
export async function runningGeneration(config: { readonly file: string; readonly control: { readonly socket: string } }): Promise<number | null> {
  const asked = await askControl(config.control.socket, { command: 'status' }, 1000);
  if (asked.kind !== 'reply' || !asked.reply.ok) return null;
  const { generation, configuration } = asked.reply.result as { readonly generation: number; readonly configuration: { readonly file: string } };
  // Another instance may share the state directory; what it serves is no answer.
  return configuration.file === config.file && generation > 0 ? generation : null;
}

async function exchange(path: string, request: string, timeoutMs: number | undefined): Promise<string> {
  const socket = connect(path);
  if (timeoutMs !== undefined) socket.setTimeout(timeoutMs, () => socket.destroy(new Error('too slow')));
  socket.end(request);
  return await text(socket);
}
