/**
 * Signed notes, the checkpoints in them, and the cosignatures of witnesses, as C2SP's signed-note, tlog-checkpoint and
 * tlog-cosignature have them, with Ed25519. Reading is total. It must not judge what a checkpoint says.
 *
 *   log.example/national            origin: whose log
 *   1234                            leaves
 *   CsUYapGGPo4dkMgIAUqom/Xajj7…    root
 *
 *   — log.example/national Az3grl…  key ID and signature, base64; a line for the log and one for each witness
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { HASH_BYTES } from './merkle.ts';
import type { Hash } from './merkle.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** What a signature states: `log` signs the text, a witness (`cosignature`) that it saw nothing that contradicts it. */
export type SignatureKind = 'log' | 'cosignature';

export interface NoteKey {
  readonly name: string;
  readonly kind: SignatureKind;
  /** 32 bytes, Ed25519. */
  readonly key: Uint8Array;
}

/** Gives the 64 bytes of an Ed25519 signature. */
export type Signs = (bytes: Uint8Array) => Uint8Array;

export interface SignedNote {
  /** With the line end, without the empty line. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  readonly bytes: Uint8Array;
}

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** As many as must be accepted; a note is small. */
const MAX_SIGNATURES = 16;
const TYPE = { log: 0x01, cosignature: 0x04 } as const satisfies Record<SignatureKind, number>;
const SIGNATURE_LINE = /^\u{2014} ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const KEY_TEXT = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;
const CHECKPOINT = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n/;
/** SubjectPublicKeyInfo of Ed25519 (RFC 8410, 4) up to the key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** @returns null if it is no note. */
export function readNote(note: string): SignedNote | null {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name = '', base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (name === '' || bytes.length < 4 || signatures.length === MAX_SIGNATURES) return null;
    signatures.push({ name, id: bytes.readUInt32BE(0), bytes: bytes.subarray(4) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** @returns null if the text of a note is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint | null {
  const [, origin = '', size = '', root = ''] = CHECKPOINT.exec(text) ?? [];
  const bytes = Buffer.from(root, 'base64');
  if (bytes.length !== HASH_BYTES || !Number.isSafeInteger(Number(size))) return null;
  return { origin, size: Number(size), root: bytes };
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** A signature that is the key's (name and ID) and does not hold counts for nothing. */
export function isSignedBy({ text, signatures }: SignedNote, key: NoteKey): boolean {
  return signatures.some((signature) => isOf(signature, key) && holds(text, signature, key));
}

/** A line for a note, with its line end. @param seconds when it is signed, since the epoch; a log's signature has no time. */
export function signatureLine(text: string, key: NoteKey, sign: Signs, seconds: number): string {
  const time = timeBytes(key.kind, seconds);
  const signature = sign(signedBytes(text, key.kind, seconds));
  return signatureText({ name: key.name, id: keyId(key), bytes: Buffer.concat([time, signature]) });
}

/** The line that it was read from, with its line end. */
export function signatureText({ name, id, bytes }: NoteSignature): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(id);
  return `\u{2014} ${name} ${Buffer.concat([head, bytes]).toString('base64')}\n`;
}

/** The text form of a key (C2SP's vkey): `name+8 hex digits+base64`. */
export function keyText(key: NoteKey): string {
  const material = Buffer.concat([Buffer.of(TYPE[key.kind]), key.key]);
  return `${key.name}+${keyId(key).toString(16).padStart(8, '0')}+${material.toString('base64')}`;
}

/** @returns null if it is no key, of no kind that we know, or its ID is another's. */
export function readKey(text: string): NoteKey | null {
  const [, name = '', id = '', base64 = ''] = KEY_TEXT.exec(text) ?? [];
  const material = Buffer.from(base64, 'base64');
  const kind = material[0] === TYPE.log ? 'log' : material[0] === TYPE.cosignature ? 'cosignature' : null;
  if (kind === null || material.length !== 1 + KEY_BYTES) return null;
  const key: NoteKey = { name, kind, key: material.subarray(1) };
  return keyId(key) === parseInt(id, 16) ? key : null;
}

function isOf(signature: NoteSignature, key: NoteKey): boolean {
  return signature.name === key.name && signature.id === keyId(key);
}

function holds(text: string, { bytes }: NoteSignature, { kind, key }: NoteKey): boolean {
  const times = kind === 'log' ? 0 : 8;
  if (bytes.length !== times + SIGNATURE_BYTES || key.length !== KEY_BYTES) return false;
  const seconds = kind === 'log' ? 0 : Number(Buffer.from(bytes).readBigUInt64BE(0));
  if (!Number.isSafeInteger(seconds)) return false;
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, key]), format: 'der', type: 'spki' });
  return verify(null, signedBytes(text, kind, seconds), publicKey, bytes.subarray(times));
}

function signedBytes(text: string, kind: SignatureKind, seconds: number): Buffer {
  return Buffer.from(kind === 'log' ? text : `cosignature/v1\ntime ${seconds}\n${text}`);
}

function timeBytes(kind: SignatureKind, seconds: number): Buffer {
  if (kind === 'log') return Buffer.alloc(0);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  return time;
}

function keyId({ name, kind, key }: NoteKey): number {
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.of(TYPE[kind])).update(key);
  return hash.digest().readUInt32BE(0);
}
