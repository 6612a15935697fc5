/** `cleanfeed pac` as whole processes. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pacFile } from '../../src/config/pac-file.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { cleanfeed } from './cli-process.ts';

const PAC = { proxies: ['proxy.isp.example:3128'], failOver: 'direct', direct: [] } as const;

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

function configuration(admin: object): string {
  const file = directory.file('c.yaml');
  writeFileSync(file, JSON.stringify({ admin }));
  return file;
}

test('prints the file', async () => {
  const { code, stdout, stderr } = await cleanfeed(['pac', '-c', configuration({ pac: PAC })]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: pacFile(PAC), stderr: '' });
});

test('writes it for a web server to read', async () => {
  const output = directory.file('proxy.pac');
  const { code, stdout } = await cleanfeed(['pac', '-c', configuration({ pac: PAC }), '-o', output]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${output}: written\n` });
  expect(readFileSync(output, 'utf8')).toBe(pacFile(PAC));
  expect(statSync(output).mode & 0o777).toBe(0o644);
});

test.each([
  { name: 'no admin.pac', admin: {}, exit: 64, stderr: /has no admin\.pac: name there the address/ },
  {
    name: 'a fault',
    admin: { pac: { proxies: [] } },
    exit: 78,
    stderr: /c\.yaml:1:\d+: admin\.pac\.proxies: must have.+\n +1 \| .+"proxies":.+\n +\| +\^\n/,
  },
])('$name: $exit', async ({ admin, exit, stderr }) => {
  const result = await cleanfeed(['pac', '-c', configuration(admin)]);
  expect(result.code).toBe(exit);
  expect(result.stderr).toMatch(stderr);
});

// Was a fault: the configuration was replaced by the PAC file.
test('the configuration is no place for it: 64', async () => {
  const file = configuration({ pac: PAC });
  const before = readFileSync(file, 'utf8');
  const { code, stderr } = await cleanfeed(['pac', '-c', file, '-o', file]);
  expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining('-o names the configuration: ') });
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a place where nothing can be written: 73', async () => {
  const output = directory.file('none/proxy.pac');
  const { code, stderr } = await cleanfeed(['pac', '-c', configuration({ pac: PAC }), '-o', output]);
  expect(code).toBe(73);
  expect(stderr).toContain('proxy.pac: cannot be written: there is no such folder');
});
