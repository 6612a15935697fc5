/** A real BIND as resolver of zones that a test writes: started on loopback, stopped by its pid. Its answers to the same question have the same bytes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export interface Named extends AsyncDisposable {
  /** `address:port` */
  readonly server: string;
  readonly port: number;
}

/** @param zones by their names: the records, without SOA and NS. */
export async function startNamed(zones: Readonly<Record<string, string>>): Promise<Named> {
  return await setUpOf('named', async (begin) => await named(zones, begin));
}

async function named(zones: Readonly<Record<string, string>>, begin: Begin): Promise<Named> {
  const program = programPath('named');
  if (program === null) throw new Error('named is not installed; .ci/run installs it');
  const directory = temporaryDirectory();
  const port = await freePort();
  const clauses = Object.entries(zones).map(([zone, records], i) => {
    const file = directory.file(`zone${i}`);
    writeFileSync(
      file,
      `$TTL 60\n@ IN SOA ns.invalid. mail.invalid. 1 3600 600 86400 60\n@ IN NS ns.invalid.\n${records}`,
    );
    return `zone "${zone}" { type primary; file "${file}"; notify no; check-names ignore; };`;
  });
  writeFileSync(
    directory.file('named.conf'),
    `options {
  directory "${directory.path}"; pid-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; allow-query { any; }; allow-recursion { any; }; dnssec-validation no;
  minimal-responses yes; minimal-any no; empty-zones-enable no; check-integrity no;
};
controls {};
${clauses.join('\n')}
`,
  );
  const args = ['-g', '-n', '1', '-c', directory.file('named.conf')];
  const child = begin(spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = once(child, 'exit');
  await eventually('named serves', () => child.exitCode !== null || /^.* running$/m.test(said));
  const failed = said.split('\n').filter((line) => /not loaded|error|failed/i.test(line));
  if (child.exitCode !== null || failed.some((line) => line.includes('zone')))
    throw new Error(`named does not serve its zones: ${failed.join('\n')}`);
  return {
    server: `127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
      directory[Symbol.dispose]();
    },
  };
}
