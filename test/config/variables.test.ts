/** Variables in values: where they stand, what they become, what is said where they are missing or wrong, and that no value is shown. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { configText } from '../../src/commands/init-text.ts';
import { placesIn } from '../../src/config/control-place.ts';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { parseRelay } from '../../src/config/relay.ts';
import { shownConfig } from '../../src/config/shown-config.ts';
import type { Config } from '../../src/config/types.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Environment = Readonly<Record<string, string>>;

function loaded(text: string, environment: Environment): Config {
  const read = parseConfig(text, 'f.yaml', environment);
  if (!read.ok) throw new Error(read.faults.map(formatDiagnostic).join('\n'));
  return read.config;
}

function faultsOf(text: string, environment: Environment): readonly string[] {
  const read = parseConfig(text, 'f.yaml', environment);
  return read.ok ? [] : read.faults.map(formatDiagnostic);
}

describe('values', () => {
  test('a number, a switch, a duration, a size, a word, a text and a part of one', () => {
    const text = `
listeners: [{ name: "\${NODE}", port: "\${PORT}", address: "\${ADDRESS}" }]
clients:
  abortOnFin: \${SWITCH}
  allow: \${CLIENTS}
lists: [{ name: own, source: "https://\${HOST}/\${PATH_OF}.txt", action: "\${ACTION}", status: "\${STATUS}" }]
limits: { headerBytes: "\${SIZE}" }
timeouts: { header: "\${SECONDS}", idle: "\${TIME}" }
workers: \${WORKERS}
`;
    const config = loaded(text, {
      NODE: '7',
      PORT: '3129',
      ADDRESS: '192.0.2.1',
      SWITCH: 'false',
      CLIENTS: '192.0.2.0/24\n2001:db8::/32',
      HOST: 'lists.example',
      PATH_OF: 'a/b',
      ACTION: 'count',
      STATUS: '451',
      SIZE: '32KiB',
      SECONDS: '20',
      TIME: '2m',
      WORKERS: 'auto',
    });
    expect(config).toMatchObject({
      listeners: [{ name: '7', port: 3129, address: '192.0.2.1' }],
      clients: { abortOnFin: false, allow: [{ bits: 24 }, { bits: 32 }] },
      lists: [{ source: { kind: 'https', url: 'https://lists.example/a/b.txt' }, action: 'count', status: 451 }],
      limits: { headerBytes: 32_768 },
      timeouts: { header: 20_000, idle: 120_000 },
      workersAuto: true,
    });
  });

  test('what is no variable stays: keys, a dollar, what is escaped, text of a value', () => {
    const config = loaded('page: { operator: "a $b $${NAME} ${X}" }\n', { NAME: 'no', X: '${NAME} #: {}' });
    expect(config.page.operator).toEqual({ en: 'a $b ${NAME} ${NAME} #: {}', fr: 'a $b ${NAME} ${NAME} #: {}' });
    expect(faultsOf('${KEY}: 1\n', { KEY: 'workers' })).toEqual([expect.stringContaining('unknown key')]);
  });

  test('of the relay too', () => {
    process.env['CLEANFEED_TEST_SOURCE'] = './a.txt';
    try {
      const read = parseRelay(
        'source: ${CLEANFEED_TEST_SOURCE}\npublish: { repo: ./r, keys: ./k }\n',
        '/etc/relay.yaml',
      );
      expect(read).toMatchObject({ ok: true, config: { source: { kind: 'file', path: '/etc/a.txt' } } });
    } finally {
      delete process.env['CLEANFEED_TEST_SOURCE'];
    }
  });

  test('init writes no variable', () => {
    const text = configText({ listen: '127.0.0.1:3128', clients: '', list: './${HOME}.txt' });
    expect(loaded(text, { HOME: '/root' }).lists).toMatchObject([
      { source: { path: expect.stringMatching(/\/\$\{HOME\}\.txt$/) as unknown } },
    ]);
  });

  test('the control socket with a variable is for whoever reads the whole file', () => {
    expect(placesIn('{ "control": { "socket": "/run/${NAME}" } }')).toBe(null);
    expect(placesIn('control: { socket: /run/${NAME} }\n')).toBe(null);
  });
});

describe('faults', () => {
  test('an unset variable names file, line and key, once', () => {
    expect(faultsOf('admin:\n  port: ${PORT}\nlists:\n  - { name: own, source: "${constructor}" }\n', {})).toEqual([
      'f.yaml:2:9: admin.port: the variable PORT is not set in the environment',
      'f.yaml:4:26: lists[0].source: the variable constructor is not set in the environment',
    ]);
  });

  test.each(['${', '${}', '${a b}', '${PORT', '${credential:a/b}', '${credential:..}', '${1A}'])(
    '%s is no variable',
    (text) => {
      expect(faultsOf(`page: { operator: "${text}" }\n`, {})).toEqual([
        expect.stringMatching(/f\.yaml:1:19: page\.operator: is no variable: write/),
      ]);
    },
  );

  test('a value that does not fit is not shown, wherever it is named', () => {
    const secret = 'hunter2-hunter2';
    const text = `
listeners:
  - { name: a, port: "\${S}" }
  - { name: b, lists: [ "\${S}" ], port: 3129 }
timeouts: { header: "\${S}" }
admin: { address: "x\${S}", hosts: [ "a b \${S}" ] }
connect: { ports: [ "\${S}" ] }
clients: { allow: [ "\${S}" ] }
page: { contact: "\${S}" }
lists: [{ name: c, source: "ftp://\${S}/" }, { name: "\${T}", source: ./a }, { name: "\${T}", source: ./b }]
`;
    const faults = faultsOf(text, { S: secret, T: 'short' });
    expect(faults.filter((fault) => fault.includes(secret) || fault.includes('short'))).toEqual([]);
    expect(faults).toEqual([
      'f.yaml:3:22: listeners[0].port: the value of ${S} does not fit here: must be a whole number from 0 to 65535',
      expect.stringMatching(/^f\.yaml:4:25: listeners\[1\]\.lists\[0\]: there is no list '\$\{S\}'/),
      expect.stringMatching(/^f\.yaml:5:21: timeouts\.header: the value of \$\{S\} does not fit here/),
      'f.yaml:6:19: admin.address: the value of ${S} does not fit here: must be an IP address like 127.0.0.1 or "::1"',
      expect.stringMatching(
        /^f\.yaml:6:37: admin\.hosts\[0\]: the value of \$\{S\} does not fit here: must be a DNS name/,
      ),
      expect.stringMatching(/^f\.yaml:7:21: connect\.ports\[0\]: the value of \$\{S\} does not fit here/),
      expect.stringMatching(/^f\.yaml:8:21: clients\.allow\[0\]: the value of \$\{S\} does not fit here/),
      expect.stringMatching(/^f\.yaml:9:18: page\.contact: the value of \$\{S\} does not fit here: must be a URL/),
      expect.stringMatching(/^f\.yaml:10:28: lists\[0\]\.source: a list comes from a path/),
      expect.stringMatching(/^f\.yaml:10:84: lists\[2\]\.name: the name is taken by lists\[1\]/),
    ]);
  });

  test('a number of another variable is named in a rule between keys', () => {
    const text = 'listeners: [{ name: a, port: "${PORT}" }]\nadmin: { port: "${PORT}" }\n';
    expect(faultsOf(text, { PORT: '31280' })).toEqual([
      'f.yaml:2:16: admin.port: 127.0.0.1:${PORT} is taken by listeners[0]',
    ]);
  });
});

describe('credentials', () => {
  test('the text of one, without the end of its line', async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.file('credentials'));
    writeFileSync(directory.file('credentials/own.port'), '3130\n', { mode: 0o400 });
    writeFileSync(directory.file('f.yaml'), 'listeners: [{ name: a, port: "${credential:own.port}" }]\n');
    const read = await loadConfig(directory.file('f.yaml'), { CREDENTIALS_DIRECTORY: directory.file('credentials') });
    expect(read).toMatchObject({ ok: true, config: { listeners: [{ port: 3130 }] } });
  });

  test('none is there, or not this one, or it is no text of a sensible size', async () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('f.yaml'), 'page: { operator: "${credential:own}" }\n');
    const told = async (environment: Environment): Promise<unknown> => {
      const read = await loadConfig(directory.file('f.yaml'), environment);
      return read.ok || read.faults.map(({ key, line, message }) => `${key}:${line}: ${message}`);
    };
    const prefix = 'page.operator:1: the';
    expect(await told({})).toEqual([
      expect.stringContaining(`${prefix} service manager has handed over no credentials`),
    ]);
    expect(await told({ CREDENTIALS_DIRECTORY: directory.path })).toEqual([
      `${prefix} credential 'own' cannot be read: there is no such file`,
    ]);
    writeFileSync(directory.file('own'), 'x'.repeat(64 * 1024));
    expect(await told({ CREDENTIALS_DIRECTORY: directory.path })).toEqual([
      expect.stringContaining('does not fit here'),
    ]);
    writeFileSync(directory.file('own'), 'x'.repeat(64 * 1024 + 1));
    chmodSync(directory.file('own'), 0o400);
    expect(await told({ CREDENTIALS_DIRECTORY: directory.path })).toEqual([
      `${prefix} credential 'own' has more than 65536 bytes`,
    ]);
  });
});

test('a support bundle shows the variable', () => {
  const text =
    'listeners: [{ name: "${NODE}", port: 3128 }, { name: "b-${NODE}", port: 3129 }]\nupgrade: { protocols: ["${UP}"] }\n';
  const shown = JSON.stringify(shownConfig(loaded(text, { NODE: 'hunter2', UP: 'Hunter3' })));
  expect(shown).not.toMatch(/hunter/i);
  expect(JSON.parse(shown)).toMatchObject({
    listeners: [{ name: '${NODE}' }, { name: '${NODE}' }],
    upgrade: { protocols: ['${UP}'] },
  });
  expect(shown).not.toContain('variables');
});
