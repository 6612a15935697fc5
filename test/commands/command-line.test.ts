import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cleanfeed, endAll, ROOT } from './cli-process.ts';

afterEach(endAll);

describe('the command line', () => {
  test.each(['serve', 'demo', 'check', 'explain', 'list', 'list stats'])('%s --help', async (command) => {
    const { code, stdout, stderr } = await cleanfeed([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: cleanfeed ${command} `));
  });

  test.each([
    { args: [], code: 64, stderr: /^Usage: cleanfeed/ },
    { args: ['serv'], code: 64, stderr: /unknown command 'serv'\n\(Did you mean serve\?\)/ },
    { args: ['list', 'bogus'], code: 64, stderr: /unknown command 'bogus'/ },
    { args: ['serve'], code: 64, stderr: /required option '-c, --config <file>' not specified/ },
    { args: ['check', '-c', 'a.yaml', 'b.yaml'], code: 64, stderr: /too many arguments/ },
    { args: ['check', '-c', 'a.yaml', '--jsn'], code: 64, stderr: /unknown option '--jsn'/ },
    { args: ['explain', '-c', 'a.yaml'], code: 2, stderr: /missing required argument 'url'/ },
  ])('$args ends with $code', async ({ args, code, stderr }) => {
    const outcome = await cleanfeed(args);
    expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(stderr) });
  });

  test('--version is that of the package', async () => {
    const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { stdout } = await cleanfeed(['--version']);
    expect(manifest).toMatchObject({ version: stdout.trim() });
  });
});
