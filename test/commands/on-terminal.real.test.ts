/** What a person sees on a terminal, and what a collector gets without one. */
import { afterEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describeWith } from '../support/programs.ts';
import { onTerminal } from '../support/terminal.ts';
import type { OnTerminal } from '../support/terminal.ts';
import { endAll, folderWith, ROOT, start } from './cli-process.ts';

afterEach(endAll);

const CONFIG = `listeners: [{ name: main, port: 0 }]
admin: { port: 0 }
lists: [{ name: own, source: own.txt }]
workers: 1
shutdown: { lameDuck: 0s, drain: 1s }
`;
const ESCAPE = '\u001b[';

async function serveOnTerminal(env: Readonly<Record<string, string>> = {}, config = CONFIG): Promise<OnTerminal> {
  const cwd = await folderWith({ 'f.yaml': config, 'own.txt': 'listed.example/page\n' });
  const command = [process.execPath, join(ROOT, 'src', 'cli.ts'), 'serve', '-c', 'f.yaml'];
  return onTerminal(command, { cwd, env: { XDG_STATE_HOME: join(cwd, 'state'), ...env } });
}

describeWith(['python3'])('serve on a terminal', () => {
  test('the log is for people, in colour, and one line says what is served; Ctrl-C ends it', async () => {
    await using terminal = await serveOnTerminal();
    // To its end: what is printed may come in two pieces.
    const line = await terminal.until(/^cleanfeed: serving: .*\n/m);
    expect(line.trimEnd()).toMatch(
      /^cleanfeed: serving: explicit 127\.0\.0\.1:[1-9]\d*; lists: own \(block, 1 entry\); status: http:\/\/127\.0\.0\.1:[1-9]\d*\/; Ctrl-C ends it$/,
    );
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(0);
    expect(terminal.output()).toContain(ESCAPE);
    const lines = stripVTControlCharacters(terminal.output()).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^\d\d:\d\d:\d\d info {2}list loaded list=own entries=1 /));
    expect(lines.filter((text) => text.startsWith('{'))).toEqual([]);
  });

  test('no colour with NO_COLOR', async () => {
    await using terminal = await serveOnTerminal({ NO_COLOR: '1' });
    await terminal.until(/serving: /);
    expect(terminal.output()).toMatch(/ info {2}listener opened listener=main mode=explicit /);
    expect(terminal.output()).not.toContain(ESCAPE);
  });

  test('JSON where the configuration asks for it', async () => {
    await using terminal = await serveOnTerminal({}, `${CONFIG}log: { format: json }\n`);
    await terminal.until(/"event":"listener.opened".*\n/);
    expect(terminal.output()).not.toContain('serving:');
    for (const line of terminal.output().split('\n').slice(0, -1))
      expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  // Ctrl-S holds it; a filter that waited for its terminal would serve nobody.
  test('a terminal that is held does not hold the filter', async () => {
    await using terminal = await serveOnTerminal({}, `${CONFIG}log: { level: debug }\n`);
    const [, port = ''] = /status: http:\/\/127\.0\.0\.1:(\d+)/.exec(await terminal.until(/status: .*\n/)) ?? [];
    terminal.type('\u0013');
    const admin = async (path: string): Promise<string> =>
      await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    // Each look at a wrong host is a line; what a terminal takes before it blocks is some kilobytes.
    for (let i = 0; i < 20; i += 1) expect(await admin('/healthz')).toContain('ok');
    terminal.type('\u0011');
  });
});

test('elsewhere JSON lines and nothing else, text where the configuration asks for it', async () => {
  const files = { 'own.txt': 'listed.example/page\n', 'f.yaml': CONFIG, 'g.yaml': `${CONFIG}log: { format: text }\n` };
  const cwd = await folderWith(files);
  const json = start(['serve', '-c', 'f.yaml'], { cwd });
  await json.event('listener.opened');
  json.child.kill('SIGTERM');
  const { stderr, stdout } = await json.ended;
  expect(stdout).toBe('');
  for (const line of stderr.trimEnd().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  const text = start(['serve', '-c', 'g.yaml'], { cwd });
  await text.line((line) => line.startsWith('cleanfeed: serving: '));
  text.child.kill('SIGTERM');
  expect((await text.ended).stderr).toMatch(/^\d\d:\d\d:\d\d info {2}process started /);
});
