/** Fuzz target: messages of clients. Whatever comes is read within its bounds, and what we answer to it is a message that repeats its question. */
import { MAX_OWN_ANSWER, RCODE, REASON, writeAnswer, writeBareError } from '../../../src/wire/dns-answer.ts';
import { Question, readQuestion } from '../../../src/wire/dns-question.ts';

const AROUND = 3;
const OTHER = '".';
const ANSWERS = [
  { rcode: RCODE.noName, addresses: [], ttl: 60, reason: REASON.blocked },
  { rcode: RCODE.ok, addresses: [new Uint8Array(4), new Uint8Array(16)], ttl: 60, reason: REASON.none },
];
const question = new Question();
const into = Buffer.alloc(MAX_OWN_ANSWER);

export function fuzz(data: Buffer): void {
  check(data);
  // With a header that is right already.
  check(Buffer.concat([Buffer.from('123401000001000000000001', 'hex'), data]));
}

function check(message: Buffer): void {
  const buffer = Buffer.concat([Buffer.alloc(AROUND, 0xc0), message, Buffer.alloc(AROUND, 0x01)]);
  const outcome = readQuestion(buffer, AROUND, AROUND + message.length, question);
  demand(outcome === 'drop' || message.length >= 12, 'what has no header is not answered', outcome);
  if (outcome === 'malformed' || outcome === 'unsupported')
    demand(writeBareError(question, RCODE.formErr, into) === 12, 'an error is a header', outcome);
  if (outcome !== 'question' && outcome !== 'other') return;
  const { host, hasOtherBytes, nameStart, nameEnd, end, udpSize } = question;
  demand(
    nameStart === AROUND + 12 && nameEnd > nameStart && nameEnd - nameStart <= 255,
    'a name is in its place',
    nameEnd,
  );
  demand(end === nameEnd + 4 && end <= AROUND + message.length, 'a question ends within the message', end);
  demand(
    host === null || /^[a-z0-9_!"$&'()*+,;=`{}~-]+(\.[a-z0-9_!"$&'()*+,;=`{}~-]+)*$/.test(host),
    'a host is made of labels',
    host,
  );
  // A name with other bytes is told by a label that stands for what is in front, and the labels behind.
  const isWhole = host === null || (hasOtherBytes ? host.startsWith(OTHER) : host.length === nameEnd - nameStart - 2);
  demand(isWhole, 'a host is the whole name', host);
  demand(udpSize >= 512 && udpSize <= 65_535, 'a client takes 512 bytes at least', udpSize);
  for (const answer of ANSWERS) {
    const length = writeAnswer(buffer, question, answer, into, MAX_OWN_ANSWER);
    demand(length <= MAX_OWN_ANSWER, 'an answer is small', length);
    const repeated = into.subarray(12, 12 + end - nameStart);
    demand(repeated.equals(buffer.subarray(nameStart, end)), 'an answer repeats the question', length);
    demand(into.readUInt16BE(0) === question.id && into[2]! >= 0x80, 'an answer is a response to it', length);
  }
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
