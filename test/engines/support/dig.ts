/** Questions by dig and transfers by kdig, the programs that an operator has. They read what comes; they judge nothing. */
import { execFile } from 'node:child_process';
import { programPath } from '../../support/program-path.ts';

export interface Answer {
  /** NOERROR, NXDOMAIN, SERVFAIL, REFUSED …; 'none': nothing came. */
  readonly status: string;
  /** Records of the answer section, `type data`, sorted. */
  readonly records: readonly string[];
  /** Of the records of the authority section; null: it has none. */
  readonly authorityTtl: number | null;
  /** Code of the Extended DNS Error, RFC 8914; null: none. */
  readonly extendedError: number | null;
  readonly flags: readonly string[];
}

export interface Question {
  readonly name: string;
  readonly type?: string;
  /** As dig has them: `+dnssec`, `+tcp`, `-b 127.0.0.99`. */
  readonly options?: readonly string[];
}

export async function ask(port: number, { name, type = 'A', options = [] }: Question): Promise<Answer> {
  // A datagram may be lost, and is sent again.
  const how = ['+tries=3', '+time=30', '+nocookie', '+noall', '+comments', '+answer', '+authority'];
  const said = await run('dig', ['@127.0.0.1', '-p', String(port), ...how, ...options, name, type]);
  const [, status = 'none'] = /status: (\w+)/.exec(said) ?? [];
  const [, code] = /EDE: (\d+)/.exec(said) ?? [];
  const [, flags = ''] = /flags: ([\w ]*);/.exec(said) ?? [];
  const [, authority] = /^\S+\s+(\d+)\s+IN\s+SOA\s/m.exec(section(said, 'AUTHORITY')) ?? [];
  return {
    status,
    records: section(said, 'ANSWER')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/\s+/).slice(3).join(' '))
      .toSorted(),
    authorityTtl: authority === undefined ? null : Number(authority),
    extendedError: code === undefined ? null : Number(code),
    flags: flags.split(' '),
  };
}

/** @returns owners of the CNAME records that came, without the zone's name, sorted, and the error that kdig names. `key`: `algorithm:name:secret`. */
export async function transfer(
  port: number,
  zone: string,
  {
    kind = 'AXFR',
    key,
    options = [],
  }: { readonly kind?: string; readonly key?: string; readonly options?: readonly string[] },
): Promise<{ readonly names: readonly string[]; readonly error: string | null }> {
  const keyed = key === undefined ? [] : ['-y', key];
  const said = await run('kdig', ['@127.0.0.1', '-p', String(port), '+time=30', ...keyed, ...options, zone, kind]);
  const [, error = null] = /server replied with error '(\w+)'/.exec(said) ?? [];
  const names = [...said.matchAll(/^(\S+)\s+\d+\s+IN\s+CNAME\s/gm)].map(([, owner = '']) =>
    owner.replace(`.${zone}.`, ''),
  );
  return { names: names.toSorted((one, other) => one.localeCompare(other)), error };
}

function section(said: string, name: string): string {
  const [, after = ''] = said.split(`;; ${name} SECTION:\n`);
  return /^(?:[^;\n].*\n)*/.exec(after)?.[0] ?? '';
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const path = programPath(program);
  if (path === null) throw new Error(`${program} is not installed; .ci/run installs it`);
  return await new Promise((resolve) => {
    execFile(path, [...args], (_, stdout, stderr) => resolve(`${stdout}\n${stderr}`));
  });
}
