import { expect, test } from '@jest/globals';
import { clientLine } from '../../../src/accept/intercepted/client-line.ts';

test.each([
  { field: 'none', address: '192.0.2.10', line: '' },
  { field: 'x-forwarded-for', address: '192.0.2.10', line: 'X-Forwarded-For: 192.0.2.10\r\n' },
  { field: 'x-forwarded-for', address: '2001:db8:1::10', line: 'X-Forwarded-For: 2001:db8:1::10\r\n' },
  { field: 'forwarded', address: '192.0.2.10', line: 'Forwarded: for=192.0.2.10\r\n' },
  { field: 'forwarded', address: '2001:db8:1::10', line: 'Forwarded: for="[2001:db8:1::10]"\r\n' },
] as const)('$field, $address', ({ field, address, line }) => expect(clientLine(field, address)).toBe(line));
