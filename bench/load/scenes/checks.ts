/** What every scene asks of a proxy before it is measured. A wrong answer ends the measurement of that peer. */
import { ask, sha256, type Answer } from '../ask.ts';
import { SMALL_BODY } from '../origin.ts';
import type { Target } from './scene.ts';

class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

export const SMALL_SHA256 = sha256(Buffer.from(SMALL_BODY));

export function mainHost(target: Target): string {
  return `127.0.0.1:${target.origin.port}`;
}

export function demand(isRight: boolean, message: string): void {
  if (!isRight) throw new WrongAnswer(message);
}

export function demandBody(answer: Answer, bytes: number, digest: string): void {
  demand(answer.status === 200, `status ${answer.status} instead of 200`);
  demand(answer.bytes === bytes, `${answer.bytes} bytes instead of ${bytes}`);
  demand(answer.sha256 === digest, 'the body is not what the origin sent');
}

/** A listed URL is refused and its siblings and its host are not, where the peer can hold the list. */
export async function checkList(target: Target): Promise<void> {
  if (!target.holdsList) return;
  for (const entry of [target.list[0], target.list[Math.min(1999, target.list.length - 1)]]) {
    const host = `${entry!.host}:${target.origin.port}`;
    const question = { proxyPort: target.proxyPort, host };
    const refused = await ask({ ...question, path: entry!.path });
    demand([302, 403].includes(refused.status), `a listed URL is answered with ${refused.status}`);
    demand(refused.sha256 !== SMALL_SHA256, 'a listed URL is answered by the origin');
    demandBody(await ask({ ...question, path: '/sibling' }), SMALL_BODY.length, SMALL_SHA256);
  }
}
