import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CONNECTION, connectionNames, readConnection } from '../../src/wire/connection-field.ts';

const read = (value: string): number => readConnection(Buffer.from(value, 'latin1'), 0, value.length);

describe('Connection', () => {
  test.each<[string, number]>([
    ['', 0],
    [' , ,\t', 0],
    ['close', CONNECTION.close],
    ['Keep-Alive', CONNECTION.keepAlive],
    ['upgrade, CLOSE', CONNECTION.upgrade | CONNECTION.close],
    [',close ,', CONNECTION.close],
    ['closed', CONNECTION.names],
    ['close;x', CONNECTION.names],
    ['keep alive', CONNECTION.names],
    ['x-a,keep-alive', CONNECTION.names | CONNECTION.keepAlive],
    ['\u00a0close', CONNECTION.names],
  ])('%j', (value, bits) => {
    expect(read(value)).toBe(bits);
  });

  test.each<[readonly string[], readonly string[]]>([
    [['Foo, bar'], ['foo', 'bar']],
    [
      ['a', 'B ,, '],
      ['a', 'b'],
    ],
    [['host, content-length, transfer-encoding, cookie, authorization, via, x-forwarded-for, foo'], ['foo']],
    [['__proto__, constructor'], ['__proto__', 'constructor']],
    [[''], []],
  ])('%j names %j', (values, names) => {
    expect([...connectionNames(values)]).toEqual(names);
  });

  test('any value: as splitting at commas says', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'close',
            'Keep-Alive',
            'UPGRADE',
            'x',
            '',
            ' ',
            '\t',
            'clos',
            'close\t',
            ' upgrade ',
            '\u00e9',
          ),
        ),
        (options) => {
          const known = options
            .map((option) => option.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase())
            .filter((option) => option !== '');
          const bit = (option: string): number =>
            option === 'close'
              ? CONNECTION.close
              : option === 'keep-alive'
                ? CONNECTION.keepAlive
                : option === 'upgrade'
                  ? CONNECTION.upgrade
                  : CONNECTION.names;
          expect(read(options.join(','))).toBe(known.reduce((bits, option) => bits | bit(option), 0));
        },
      ),
    );
  });
});
