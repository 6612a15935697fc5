import { expect, test } from '@jest/globals';
import { describeKind, isSecretKey, mayHoldSecret } from '../../src/config/secret-keys.ts';

test('keys of secrets, by their names', () => {
  const keys = [
    'auth',
    'bearer',
    'basic',
    'identity',
    'namesIdentity',
    'contentKey',
    'clientKey',
    'passphrase',
    'TOKEN',
    'Authorization',
    'cookie',
    'username',
  ];
  expect(keys.filter((key) => !isSecretKey(key))).toEqual([]);
  expect(['lists', 'keys', 'source', 'interval', 'identityless'].filter(isSecretKey)).toEqual([]);
});

test('a value there is told by its kind', () => {
  expect(['hunter2', 48, '', null, true, ['x'], { x: 1 }].map(describeKind)).toEqual([
    'a text',
    'a number',
    "''",
    'empty',
    'true',
    'a list',
    'a mapping',
  ]);
});

test('lines of such a value, and of others', () => {
  const lines = [
    'lists:',
    '- name: far',
    '  auth:',
    '    bearer:',
    '      hunter2',
    '  source: x',
    'log: {}',
    'key: x',
  ];
  expect(lines.map((_, index) => mayHoldSecret(lines, index))).toEqual([
    false,
    false,
    false,
    true,
    true,
    false,
    false,
    true,
  ]);
});
