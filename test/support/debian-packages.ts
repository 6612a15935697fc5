/** Which Debian package has a program that tests need: debian-packages.txt, which .ci/run reads too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of a program, or path of a file → name of its package. */
export function debianPackages(): ReadonlyMap<string, string> {
  const lines = readFileSync(join(import.meta.dirname, 'debian-packages.txt'), 'utf8').split('\n');
  return new Map(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [program = '', name = ''] = line.split(' ');
        return [program, name];
      }),
  );
}
