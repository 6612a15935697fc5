/** Files of the system, each as large as it may be and a byte larger: then the line that is cut is none. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { HostsFile } from '../../src/forward/hosts-file.ts';
import { ResolvConf } from '../../src/forward/resolv-conf.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

function written(last: string, bytes: number): string {
  writeFileSync(directory.file('file'), `#${'x'.repeat(bytes - last.length - 2)}\n${last}`);
  return directory.file('file');
}

test('a hosts file of four mebibytes', () => {
  const found = (bytes: number): readonly string[] | null =>
    new HostsFile(written('192.0.2.9 last.example\n', bytes)).lookup(canonicalHost('last.example')!, 0);
  expect(found(4 << 20)).toEqual(['192.0.2.9']);
  expect(found((4 << 20) + 1)).toBeNull();
});

test('a resolv.conf of 64 KiB; without a server it is this machine (resolv.conf(5))', () => {
  const found = (bytes: number): readonly string[] =>
    new ResolvConf(written('nameserver 192.0.2.53\n', bytes)).servers(0).map(({ address }) => address);
  expect(found(64 * 1024)).toEqual(['192.0.2.53']);
  expect(found(64 * 1024 + 1)).toEqual(['127.0.0.1']);
});
