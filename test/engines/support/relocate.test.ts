import { describe, expect, test } from '@jest/globals';
import { relocated } from './relocate.ts';

describe('relocated', () => {
  test('replaces what is named, everywhere, the longer first, and leaves comments out', () => {
    const text = '# 192.0.2.1\nlisten: 192.0.2.1@53\nfrom: 192.0.2.1, 192.0.2.1\n';
    const moved = relocated(text, [
      ['192.0.2.1', '127.0.0.1'],
      ['192.0.2.1@53', '127.0.0.1@5300'],
    ]);
    expect(moved).toBe('\nlisten: 127.0.0.1@5300\nfrom: 127.0.0.1, 127.0.0.1\n');
  });

  test('refuses what the file does not have', () => {
    expect(() => relocated('listen: 127.0.0.1\n', [['192.0.2.1', '127.0.0.1']])).toThrow("no '192.0.2.1'");
  });

  test.each(['192.0.2.7', '198.51.100.4', '203.0.113.9', '2001:db8::1'])('refuses to leave %s', (address) => {
    expect(() => relocated(`from: ${address}\n`, [])).toThrow('is left');
  });
});
