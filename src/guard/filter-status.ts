/**
 * What the filter says of itself on its admin address: that it is about to stop (a lame duck, a drain), and that bypass is on. It is asked a
 * few times a second. Whether it lives is not asked here: the control thread may answer while the workers hang, and the reverse.
 * It must not decide whether the filter is taken out.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import { get } from '../lib/http.ts';
import { systemTime } from '../lib/time.ts';
import type { FilterStatus } from './path.ts';
import type { Endpoint } from './settings.ts';

const MAX_BYTES = 64 * 1024;

/** @returns null if it says nothing. It never rejects. */
export async function askFilter({ address, port }: Endpoint, time = systemTime): Promise<FilterStatus | null> {
  const { filterAnswerMs: timeout } = DEADLINES.guard;
  const { promise, resolve } = Promise.withResolvers<FilterStatus | null>();
  const request = get({ host: address, port, path: '/readyz', agent: false, timeout }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.length <= MAX_BYTES) return;
      // Its end may have been read by now, and would still be told.
      resolve(null);
      request.destroy();
    });
    response.on('end', () => resolve(said(text)));
    response.on('close', () => resolve(null));
  });
  // A server that sends a byte now and then puts the socket's own timeout off.
  const timer = time.after(timeout, () => request.destroy());
  request.on('error', () => resolve(null));
  request.on('close', () => resolve(null));
  try {
    return await promise;
  } finally {
    timer.cancel();
  }
}

function said(text: string): FilterStatus | null {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return null;
    return {
      draining: 'draining' in answer && answer.draining === true,
      bypass: 'bypass' in answer && answer.bypass === true,
    };
  } catch {
    return null;
  }
}
