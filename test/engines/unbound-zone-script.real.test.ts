/** The script that brings a zone into force in Unbound, beside a writer that does not wait for it; with a stand-in for Unbound (unbound-file.real.test.ts has a real one). */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ZONE } from './support/policy-zone.ts';
import { relocated, shippedFile } from './support/relocate.ts';

const zone = (serial: number): string =>
  `@ SOA localhost. hostmaster.localhost. ${serial} 60 60 60 60\n@ NS localhost.\n`;

test('a version that takes the place of the file at any moment is the one that comes into force', () => {
  // Each of the programs that the script reads the file with.
  for (const moment of ['cp', 'tail', 'sed']) {
    using directory = temporaryDirectory();
    const { path } = directory;
    const [file, copy, next, programs] = [`${ZONE}.zone`, 'copies', 'next', 'programs'].map((name) => join(path, name));
    mkdirSync(copy!);
    mkdirSync(programs!);
    writeFileSync(file!, zone(1));
    writeFileSync(next!, zone(2));
    const placed = join(copy!, `${ZONE}.zone`);
    const program = (name: string, text: string): void =>
      writeFileSync(join(programs!, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program(moment, `[ ! -e '${next}' ] || mv '${next}' '${file}'\nPATH=/usr/bin:/bin exec ${moment} "$@"`);
    program('unbound-control', `sed -n 's/^@ SOA [^ ]* [^ ]* \\([0-9]*\\) .*/${ZONE}.\\tserial \\1 /p' '${placed}'`);
    const script = relocated(shippedFile('unbound-zone.sh'), [
      ['/var/lib/cleanfeed/zones', path],
      ['/var/lib/unbound/cleanfeed', copy!],
    ]);
    writeFileSync(directory.file('script.sh'), script);
    const { status, stderr } = spawnSync('/bin/sh', [directory.file('script.sh')], {
      env: { PATH: `${programs}:/usr/bin:/bin` },
      encoding: 'utf8',
    });
    const [, serial] = / (\d+) 60 /.exec(readFileSync(placed, 'utf8')) ?? [];
    // What came after the copy was taken is brought by the `notify` of its own.
    expect({ moment, status, stderr, serial }).toEqual({
      moment,
      status: 0,
      stderr: '',
      serial: moment === 'cp' ? '2' : '1',
    });
  }
});

// Was a fault: the unit's umask (0077) made a copy that Unbound could not read, so that it blocked nothing.
test('the copy is for the group too, whatever the umask of the service is', () => {
  using directory = temporaryDirectory();
  const placed = join(directory.path, 'copies', `${ZONE}.zone`);
  mkdirSync(join(directory.path, 'copies'));
  mkdirSync(join(directory.path, 'programs'));
  writeFileSync(join(directory.path, `${ZONE}.zone`), zone(1), { mode: 0o640 });
  writeFileSync(join(directory.path, 'programs', 'unbound-control'), `#!/bin/sh\nprintf '${ZONE}.\\tserial 1 \\n'\n`, {
    mode: 0o755,
  });
  writeFileSync(
    directory.file('script.sh'),
    relocated(shippedFile('unbound-zone.sh'), [
      ['/var/lib/cleanfeed/zones', directory.path],
      ['/var/lib/unbound/cleanfeed', join(directory.path, 'copies')],
    ]),
  );
  const { status, stderr } = spawnSync('/bin/sh', ['-c', `umask 077; exec /bin/sh ${directory.file('script.sh')}`], {
    env: { PATH: `${join(directory.path, 'programs')}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  expect({ status, stderr, mode: statSync(placed).mode & 0o777 }).toEqual({ status: 0, stderr: '', mode: 0o640 });
});
