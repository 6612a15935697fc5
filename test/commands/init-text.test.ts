import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { answerFault, configText, DEFAULTS, listenerOf } from '../../src/commands/init-text.ts';

test.each([
  { typed: '3129', want: { address: '127.0.0.1', port: '3129' } },
  { typed: '0.0.0.0:3129', want: { address: '0.0.0.0', port: '3129' } },
  { typed: '192.0.2.1', want: { address: '192.0.2.1', port: '3128' } },
  { typed: '[::]:3129', want: { address: '::', port: '3129' } },
  { typed: '[::1]', want: { address: '::1', port: '3128' } },
  { typed: '2001:db8::1', want: { address: '2001:db8::1', port: '3128' } },
  { typed: '[2001:db8::5:3128]', want: { address: '2001:db8::5:3128', port: '3128' } },
])('listen $typed', ({ typed, want }) => {
  expect(listenerOf(typed)).toEqual(want);
});

describe('an answer that cannot be', () => {
  test.each([
    { key: 'listen', typed: 'proxy.isp.example', want: /address/ },
    { key: 'listen', typed: '127.0.0.1:99999', want: /0 to 65535/ },
    { key: 'clients', typed: '192.0.2.0/33', want: /192\.0\.2\.0\/33/ },
    { key: 'clients', typed: 'everybody', want: /everybody/ },
    // Were faults: each was written as an address, with the default port.
    { key: 'listen', typed: '::1:3128', want: /write \[::1:3128\] or \[::1\]:3128/ },
    { key: 'listen', typed: '2001:db8::5:3128', want: /write \[2001:db8::5:3128\] or \[2001:db8::5\]:3128/ },
    { key: 'listen', typed: 'fe80::1%lo:80', want: /in brackets: \[fe80::1%lo\]:80/ },
    // Was a fault: an address was proposed that is none.
    { key: 'listen', typed: '1:2:3:4:5:6:7:8:3128', want: /in brackets: \[1:2:3:4:5:6:7:8\]:3128/ },
    { key: 'listen', typed: '2001:db8::1:70000', want: /is not an? |must be/ },
    // Was a fault: the default was written, of which nothing had been said.
    { key: 'clients', typed: ' , ', want: /it names no prefix/ },
    { key: 'list', typed: 'ftp://lists.example/own.txt', want: /./ },
    { key: 'list', typed: 'tuf+https://lists.example/isp-a/', want: /root and an identity/ },
    { key: 'list', typed: ' ', want: /a path or an https URL/ },
  ] as const)('$key: $typed', ({ key, typed, want }) => {
    expect(answerFault(key, typed)).toMatch(want);
  });
});

test.each([
  DEFAULTS,
  { listen: '[::]:3128', clients: '192.0.2.0/24, 2001:db8::/32', list: 'https://lists.isp.example/own.txt' },
  { listen: '2001:db8::80', clients: '', list: './own.txt' },
  { listen: '[2001:db8::5:3128]', clients: '', list: './own.txt' },
  { listen: '0.0.0.0:8080', clients: '10.0.0.0/8', list: './my "list": #1.txt' },
])('the file of $listen, $clients, $list has no fault and says what was answered', (answers) => {
  for (const key of ['listen', 'clients', 'list'] as const) expect(answerFault(key, answers[key])).toBeNull();
  const loaded = parseConfig(configText(answers), '/etc/cleanfeed/f.yaml', {});
  const { address, port } = listenerOf(answers.listen);
  expect(loaded).toMatchObject({
    ok: true,
    config: {
      listeners: [{ address, port: Number(port) }],
      lists: [{ name: 'own', action: 'block' }],
      workersAuto: true,
    },
  });
});
