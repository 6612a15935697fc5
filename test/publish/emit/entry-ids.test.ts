import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { idsOf } from '../../../src/publish/emit/entry-ids.ts';

test('an id is the beginning of an HMAC over the uid, and another one with each recipient', () => {
  const [key, other] = [randomBytes(32), randomBytes(32)];
  const [ids, others] = [idsOf(key), idsOf(other)];
  for (const uid of [1, 2, 255, 256, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    const text = Buffer.from(uid.toString(16).padStart(16, '0'), 'hex');
    expect(ids(uid)).toBe(createHmac('sha256', key).update(text).digest().readBigUInt64BE());
    expect(ids(uid)).not.toBe(others(uid));
  }
});
