/**
 * What a leaf of the log is made of: a domain tag, 32 random bytes that only whoever may check this leaf is given, and an event
 * in its one text. Without the random bytes a leaf can be neither guessed nor recognised. It must not derive them from
 * anything: one key that leaks would open every leaf.
 */
import { leafHash } from './merkle.ts';

const SALT_BYTES = 32;

const TAG = Buffer.from('cleanfeed log 1\n');

/** Salt and event, as they are handed to whoever may check the leaf. */
export interface OpenedLeaf {
  /** From 0. */
  readonly index: number;
  /** Base64 of 32 bytes. */
  readonly salt: string;
  /** The event's one text. */
  readonly event: string;
}

/** @returns null if the salt is not 32 bytes in base64: without a salt a leaf could be guessed. */
export function openedLeafHash({ salt, event }: Pick<OpenedLeaf, 'salt' | 'event'>): Buffer | null {
  const bytes = Buffer.from(salt, 'base64');
  // Node reads base64 that is none as well; a leaf has one spelling.
  return bytes.length === SALT_BYTES && bytes.toString('base64') === salt
    ? leafHash(TAG, bytes, Buffer.from(event))
    : null;
}

/** A value of JSON in one text: keys in the order of their UTF-16 units, no space between (RFC 8785, of which it takes whole numbers only). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    let members = '';
    for (const [key, member] of Object.entries(value).sort(byKey)) {
      if (member === undefined) continue;
      members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError(`${value} is no whole number`);
  return JSON.stringify(value);
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

/** An object from its text; null: it is none. */
export function readObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // Not JSON.
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
