/**
 * Names the plan and its file do not hold: a digest under a key of this node stands for each, so that what lies on the disk tells no list.
 * Whoever has the key can try names; it lies beside them, and is as secret as they are. A key must not leave its node.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { HostKey } from './plan-state.ts';

const KEY_BYTES = 16;
/** Of a digest: of ten million names no two are likely to share one. */
const DIGEST_BYTES = 12;
const KEY = /^[0-9a-f]{32}$/;

/** In hexadecimal, as it is kept. */
export function newKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}

export function isKey(text: unknown): text is string {
  return typeof text === 'string' && KEY.test(text);
}

export function hostKey(key: string, host: string): HostKey {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(host).digest().toString('base64url', 0, DIGEST_BYTES);
}
