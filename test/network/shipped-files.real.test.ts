/** What is shipped for inline modes is valid where it is read, and what its comments promise is what the tests do. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { blocksOf, document } from '../docs/markdown.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { settingLines } from '../support/unit-file.ts';
import { describeNetwork } from './support/programs.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const rules = readFileSync(join(ROOT, 'config', 'nftables-transparent.nft'), 'utf8');

/** `nft -c` in a namespace of its own; throws with its complaints. */
function check(text: string): void {
  execFileSync('unshare', ['--net', 'nft', '--check', '--file', '-'], { input: text, stdio: 'pipe' });
}

describeNetwork()('nftables-transparent.nft', () => {
  test.each(['open', 'closed'])('is valid with the switch at %s', (policy) => {
    const switched = rules.replace(/^define unattended = open$/m, `define unattended = ${policy}`);
    expect(switched.includes(`define unattended = ${policy}\n`)).toBe(true);
    expect(() => check(switched)).not.toThrow();
  });

  test('a policy that there is not is refused', () => {
    expect(() => check(rules.replace('unattended = open', 'unattended = ajar'))).toThrow('ajar');
  });

  test('is loaded again over itself', () => {
    expect(() => check(rules + rules.replaceAll(/^define .*$/gm, ''))).not.toThrow();
  });

  test('the commands of its head are valid', () => {
    const commands = [...rules.matchAll(/^# {3}.* {2,}nft ((?:add|delete) element .*)$/gm)].map(([, words = '']) =>
      words.replaceAll("'", ''),
    );
    expect(commands).toHaveLength(4);
    for (const words of commands) {
      const before = words.startsWith('delete') ? `${words.replace('delete', 'add')}\n` : '';
      expect(() => check(`${rules}\n${before}${words}\n`)).not.toThrow();
    }
  });
});

describe('docs/deployment.md', () => {
  const copied = blocksOf(document('docs/deployment.md')).flatMap(({ comment, text }) => {
    const [, file] = /^file: (\S+)$/.exec(comment ?? '') ?? [];
    return file === undefined ? [] : [{ file, text }];
  });

  test('shows parts of all files of config/deployment', () => {
    const shown = new Set(copied.map(({ file }) => file));
    expect([...shown].toSorted()).toEqual(
      readdirSync(join(ROOT, 'config', 'deployment'))
        .map((name) => `config/deployment/${name}`)
        .toSorted(),
    );
  });

  test.each(copied)('$file is as it is shown', ({ file, text }) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(text);
  });

  test.each(['inline.yaml', 'steered.yaml'])('%s is a sound configuration', (name) => {
    const text = readFileSync(join(ROOT, 'config', 'deployment', name), 'utf8');
    expect(parseConfig(text, name, {})).toMatchObject({ ok: true });
  });

  test('steered.yaml takes all web traffic of whoever is steered', () => {
    const read = parseConfig(readFileSync(join(ROOT, 'config', 'deployment', 'steered.yaml'), 'utf8'), 'f', {});
    expect(read).toMatchObject({ config: { listeners: [{ steered: { ports: [80, 443] } }] } });
  });

  test('the commands are those of the rules', () => {
    const commands = [...document('docs/deployment.md').matchAll(/^(nft (?:add|delete) element .*?) {2,}#/gm)];
    expect(commands).toHaveLength(4);
    for (const [, command = ''] of commands) expect(rules).toContain(command);
  });
});

describeWith(['unbound-checkconf'])('unbound-steered.conf', () => {
  test('is valid', () => {
    const file = join(ROOT, 'config', 'deployment', 'unbound-steered.conf');
    expect(() => execFileSync(programPath('unbound-checkconf') ?? 'unbound', [file], { stdio: 'pipe' })).not.toThrow();
  });
});

describe('files that must agree', () => {
  test.each([
    ['MARK', 'steered_mark'],
    ['PROBE4', 'probe_from4'],
    ['PROBE4', 'probe_to4'],
    ['PROBE6', 'probe_from6'],
    ['PROBE6', 'probe_to6'],
  ])('%s of the routes has %s of the rules', (name, definition) => {
    const routes = readFileSync(join(ROOT, 'config', 'routes-transparent.sh'), 'utf8');
    const [, value = ''] = new RegExp(`^define ${definition} = (\\S+)$`, 'm').exec(rules) ?? [];
    const [, values = ''] = new RegExp(`^${name}='?([^'\\n]+)'?$`, 'm').exec(routes) ?? [];
    expect(values.split(' ').map((one) => one.replace(/\/\d+$/, ''))).toContain(value);
  });

  test('sysctl.d', () => {
    expect(settingLines('sysctl.d/61-cleanfeed-inline.conf')).toEqual([
      'net.ipv4.ip_forward = 1',
      'net.ipv6.conf.all.forwarding = 1',
      'net.ipv4.conf.*.rp_filter = 2',
      'net.ipv4.conf.*.send_redirects = 0',
      'net.ipv4.tcp_mtu_probing = 1',
      'net.ipv4.ip_local_port_range = 10000 65535',
    ]);
  });
});
