/** Questions by dig and transfers by kdig, the programs that an operator has. They read what comes; they judge nothing. */
import { execFile } from 'node:child_process';
import { programPath } from '../../support/programs.ts';

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
  const how = ['+tries=1', '+time=10', '+nocookie', '+noall', '+comments', '+answer', '+authority'];
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

/** @returns the names of the CNAME records of the zone, or what kdig says where it gets none. `key`: `algorithm:name:secret`. */
export async function transfer(
  port: number,
  zone: string,
  { kind = 'AXFR', key, options = [] }: { readonly kind?: string; readonly key?: string; readonly options?: string[] },
): Promise<{ readonly records: readonly string[]; readonly refused: string | null }> {
  const keyed = key === undefined ? [] : ['-y', key];
  const said = await run('kdig', ['@127.0.0.1', '-p', String(port), ...keyed, ...options, zone, kind]);
  const [, refused = null] = /server replied with error '(\w+)'|(failed to (?:verify TSIG|receive))/.exec(said) ?? [];
  const records = said.split('\n').filter((line) => /^[^;\s]/.test(line));
  return { records, refused: records.length > 0 ? null : (refused ?? said) };
}

function section(said: string, name: string): string {
  const [, lines = ''] = new RegExp(`^;; ${name} SECTION:\\n([^;]*?)(?:\\n\\n|\\n?;;|$)`, 'm').exec(said) ?? [];
  return lines;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const path = programPath(program);
  if (path === null) throw new Error(`${program} is not installed; .ci/run installs it`);
  return await new Promise((resolve) => {
    execFile(path, [...args], (_, stdout, stderr) => resolve(`${stdout}\n${stderr}`));
  });
}
