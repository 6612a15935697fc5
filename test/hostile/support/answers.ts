/** Answers on their way back: what the client gets for one, whole or byte by byte, with a plain one behind it. */
import { expect } from '@jest/globals';
import { sendPieces } from './connection.ts';
import { VIA, forwarded } from './suite.ts';
import type { Suite } from './suite.ts';
import type { UpstreamConnectionRecord } from './upstream.ts';

/** Whether the origin sends an answer in one piece, or each byte in a segment of its own. */
export type Pace = 'whole' | 'bytes';

const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter';
/** The last answer on the client's connection: that it comes tells that the one before ended where it should. */
export const AFTER = `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n${VIA}\r\nafter`;

export async function sendAnswer(connection: UpstreamConnectionRecord, answer: string, pace: Pace): Promise<void> {
  await sendPieces(connection, pace === 'whole' ? [answer] : [...answer]);
}

/** All that a client gets that sends two requests at once, when this is the answer to the first. */
export async function relayed(suite: Suite, answer: string, pace: Pace = 'whole', method = 'GET'): Promise<string> {
  const { upstream } = suite;
  upstream.answer = (connection, request) =>
    void sendAnswer(connection, request.startsWith('GET /after ') ? PLAIN : answer, pace);
  const received = await suite.ask(suite.request(method, '/') + suite.get('/after', 'Connection: close'));
  expect(upstream.requests.toSorted()).toEqual(
    [`${method} /`, 'GET /after'].map((line) => forwarded(`${line} HTTP/1.1`, upstream.authority)).toSorted(),
  );
  return received;
}
