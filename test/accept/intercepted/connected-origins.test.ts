import { describe, expect, test } from '@jest/globals';
import { ConnectedOrigins } from '../../../src/accept/intercepted/connected-origins.ts';

describe('of', () => {
  test.each([
    { address: '203.0.113.10', host: '203.0.113.10' },
    { address: '::ffff:203.0.113.10', host: '203.0.113.10' },
    { address: '2001:db8:4::10', host: '[2001:db8:4::10]' },
  ])('$address', ({ address, host }) => {
    const origins = new ConnectedOrigins();
    const wanted = { host, port: 80, key: `${host}:80`, authority: `${host}:80` };
    expect(origins.of(address, 80)).toEqual(wanted);
    expect(origins.of(address, 80)).toEqual(wanted);
    expect(origins.of(address, 443)).toMatchObject({ host, port: 443, key: `${host}:443` });
  });

  test('what is no address is nowhere, asked once or twice', () => {
    const origins = new ConnectedOrigins();
    expect([origins.of('', 80), origins.of('', 80)]).toEqual([null, null]);
  });

  test('more than are remembered are told apart all the same', () => {
    const origins = new ConnectedOrigins();
    for (let round = 0; round < 2; round += 1)
      for (let i = 0; i < 5000; i += 1) {
        const address = `198.18.${i >> 8}.${i & 255}`;
        expect(origins.of(address, 80)?.host).toBe(address);
      }
  });
});
