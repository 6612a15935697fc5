/**
 * The probe of a DNS listener: a question that the front answers itself, over UDP and over TCP.
 * A dead or slow resolver takes no front out. A resolver in the front's place answers NXDOMAIN.
 *
 *   question ─┬─ UDP, sent again within the time ─▶ answer of the front, or not
 *             └─ TCP ─────────────────────────────▶ the same
 *
 * It must not ask anything that a resolver has to answer.
 */
import { randomInt } from 'node:crypto';
import { PROBE_NAME } from '../lib/probe-name.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { datagramExchange, exchange, type Exchanged } from './exchange.ts';
import type { Probed } from './probe.ts';
import type { ProbeSettings } from './settings.ts';

const LENGTH_BYTES = 2;
const HEADER_BYTES = 12;
const ID_END = 0x1_0000;
/** Flags, then how many questions and records follow: recursion is desired; one question. */
const ASKS = [0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
const TYPE_A_CLASS_IN = [0, 1, 0, 1];
/** Bits of QR and the opcode, the response code; how many questions and records: no data, and the SOA that says so. */
const ANSWERS = { kind: 0xf8, isAnswer: 0x80, rcode: 0x0f, counts: Buffer.from([0, 1, 0, 0, 0, 1, 0, 0]) };
/** The record behind the question: a pointer to its name, SOA. */
const SOA_OF_THE_NAME = Buffer.from([0xc0, HEADER_BYTES, 0, 6]);
const REFUSALS: ReadonlySet<string> = new Set(['closed', 'reset']);

/** @returns what came over UDP, and over TCP. It never rejects. */
export async function probeDns(
  { to, from, before }: ProbeSettings,
  timeoutMs: number,
  time: Time = systemTime,
): Promise<readonly Probed[]> {
  const question = questionBytes(randomInt(ID_END));
  const length = Buffer.from([question.length >>> 8, question.length & 0xff]);
  const head = Buffer.from(before, 'latin1');
  const terms = { to, from, timeoutMs, time };
  const [udp, tcp] = await Promise.all([
    datagramExchange({
      ...terms,
      request: Buffer.concat([head, question]),
      isEnough: (answer) => answer.subarray(0, 2).equals(question.subarray(0, 2)),
    }),
    exchange({
      ...terms,
      request: Buffer.concat([head, length, question]),
      isEnough: (answer) => answer.length >= LENGTH_BYTES && answer.length >= LENGTH_BYTES + answer.readUInt16BE(),
    }),
  ]);
  return both(probed(udp, question, 0), probed(tcp, question, LENGTH_BYTES));
}

/**
 * A front that answers over UDP and ends a connection at once lives: it has as many connections as it takes.
 * That takes nobody out: whoever opens many could end the filtering.
 */
function both(udp: Probed, tcp: Probed): readonly Probed[] {
  const isTurnedAway = udp.result === 'ok' && REFUSALS.has(tcp.result);
  return [udp, isTurnedAway ? { result: 'denied', status: null } : tcp];
}

function probed(exchanged: Exchanged, question: Buffer, at: number): Probed {
  if (exchanged.kind === 'none') return { result: exchanged.why, status: null };
  return { result: isOfTheFront(exchanged.bytes.subarray(at), question) ? 'ok' : 'answer', status: null };
}

/** True for no data for the very name: another server on the port is not believed. */
function isOfTheFront(answer: Buffer, question: Buffer): boolean {
  const { kind, isAnswer, rcode, counts } = ANSWERS;
  const [flags = 0, code = 0] = answer.subarray(2, 4);
  return (
    answer.subarray(0, 2).equals(question.subarray(0, 2)) &&
    (flags & kind) === isAnswer &&
    (code & rcode) === 0 &&
    answer.subarray(4, HEADER_BYTES).equals(counts) &&
    answer.subarray(HEADER_BYTES, question.length).equals(question.subarray(HEADER_BYTES)) &&
    answer.subarray(question.length, question.length + SOA_OF_THE_NAME.length).equals(SOA_OF_THE_NAME)
  );
}

function questionBytes(id: number): Buffer {
  const labels = PROBE_NAME.split('.').map((label) => String.fromCharCode(label.length) + label);
  const name = Buffer.from(labels.join(''), 'latin1');
  return Buffer.from([id >>> 8, id & 0xff, ...ASKS, ...name, 0, ...TYPE_A_CLASS_IN]);
}
