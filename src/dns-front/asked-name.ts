/**
 * A name that somebody writes, as a client asks a resolver for it: international names in their ASCII form, every other character as the byte it is. It is read
 * back by the reader of questions, so that what is said of it is what a question for it gets. Pure. It must not ask anybody for it.
 */
import { canonicalHost } from '../url/host.ts';
import { Question, readQuestion } from '../wire/dns-question.ts';

const MAX_LABEL = 63;
const MAX_NAME = 255;
const HEADER_BYTES = 12;
/** Type and class. */
const TRAILER = Buffer.from([0, 1, 0, 1]);

/** @param text without escapes; the dot at its end may be left out. @returns null if no question can ask for it. */
export function askedName(text: string): Question | null {
  // Whoever is told an international name asks for its ASCII form (RFC 5891 §4).
  const bytes = Buffer.from(text, 'utf8');
  const name = bytes.every((byte) => byte < 0x80) ? text : canonicalHost(bytes.toString('latin1'));
  const labels = name === null ? [] : name.replace(/\.$/, '').split('.');
  const isName = labels.length > 0 && labels.every((label) => label.length > 0 && label.length <= MAX_LABEL);
  if (!isName) return null;
  const coded = labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  const wire = Buffer.concat([...coded, Buffer.alloc(1)]);
  if (wire.length > MAX_NAME) return null;
  const header = Buffer.alloc(HEADER_BYTES);
  header[5] = 1;
  const message = Buffer.concat([header, wire, TRAILER]);
  const question = new Question();
  return readQuestion(message, 0, message.length, question) === 'question' ? question : null;
}
