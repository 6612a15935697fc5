import { describe, expect, test } from '@jest/globals';
import { acceptsHost } from '../../src/admin/host-check.ts';

const NAMES = new Set(['localhost', 'filter1', 'admin.isp.example']);

describe('Host on the admin side', () => {
  test.each([
    { host: undefined, want: true },
    { host: '127.0.0.1', want: true },
    { host: '127.0.0.1:9090', want: true },
    { host: '192.0.2.7:9090', want: true },
    { host: '[::1]', want: true },
    { host: '[2001:db8::1]:9090', want: true },
    { host: 'localhost:9090', want: true },
    { host: 'LOCALHOST', want: true },
    { host: 'filter1:9090', want: true },
    { host: 'Admin.ISP.example', want: true },
    { host: '', want: false },
    { host: 'rebind.example', want: false },
    { host: '127.0.0.1.rebind.example:9090', want: false },
    { host: 'localhost.rebind.example', want: false },
    { host: 'filter1.rebind.example', want: false },
    { host: '127.1', want: false },
    { host: '2130706433', want: false },
    { host: '[::1].rebind.example', want: false },
    { host: '[rebind.example]', want: false },
    { host: '[::1', want: false },
    { host: '::1', want: false },
    { host: '127.0.0.1:x', want: false },
    { host: 'rebind.example:80@127.0.0.1', want: false },
  ])('$host: $want', ({ host, want }) => {
    expect(acceptsHost(host, NAMES)).toBe(want);
  });
});
