import { expect, test } from '@jest/globals';
import { withoutSecrets } from '../../src/workers/without-secrets.ts';

test.each([
  {
    name: 'no URL',
    text: "c.yaml:3:1: unknown key 'workerz' (user@host, a:b?c)",
    want: "c.yaml:3:1: unknown key 'workerz' (user@host, a:b?c)",
  },
  {
    name: 'a URL without secrets',
    text: "'https://lists.example:8443/a/b.txt' is redirected",
    want: "'https://lists.example:8443/a/b.txt' is redirected",
  },
  {
    name: 'an address in brackets',
    text: 'see https://[2001:db8::1]:8443/x',
    want: 'see https://[2001:db8::1]:8443/x',
  },
  {
    name: 'user and password',
    text: "'https://user:hunter2@lists.example/x' is not",
    want: "'https://***@lists.example/x' is not",
  },
  {
    name: 'a password with an at sign and a slash',
    text: 'https://user:h@un/ter2@lists.example/x',
    want: 'https://***@lists.example/x',
  },
  { name: 'a user only', text: 'https://token@lists.example/', want: 'https://***@lists.example/' },
  {
    name: 'cut off inside of the password',
    text: "'https://user:hunter2hunter2… is too long",
    want: "'https://*** is too long",
  },
  {
    name: 'a token in the query',
    text: "'https://lists.example/x?token=hunter2&b=1' is slow",
    want: "'https://lists.example/x?*** is slow",
  },
  {
    name: 'two in one message',
    text: 'https://a:b1c@h.example/ and https://h.example/?k=b1c',
    want: 'https://***@h.example/ and https://h.example/?***',
  },
])('$name', ({ text, want }) => {
  expect(withoutSecrets(text)).toBe(want);
});
