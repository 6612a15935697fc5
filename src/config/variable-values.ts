/**
 * The values of variables: from the environment, and from files of credentials, which are read before the schema is
 * asked. It must not read a credential that nobody names, nor say what stands in one.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { answeredInTime } from '../lib/answered-in-time.ts';
import { errnoOf, fileReason } from '../lib/errors.ts';
import type { Parsed } from '../lib/types.ts';
import type { Environment } from './state-places.ts';
import type { VariableReader } from './variables.ts';

const CREDENTIAL = 'credential:';
/** Secrets have the same bound (list/source/secret.ts). */
const MAX_BYTES = 64 * 1024;

/** Credentials cannot be read with it. */
export function environmentReader(environment: Environment): VariableReader {
  return readerOf(environment, new Map());
}

/** @param names of variables, some of which are credentials. Never throws. */
export async function variableReader(names: ReadonlySet<string>, environment: Environment): Promise<VariableReader> {
  const credentials = new Map<string, Parsed<string>>();
  for (const name of names)
    if (name.startsWith(CREDENTIAL))
      credentials.set(name, await credential(name.slice(CREDENTIAL.length), environment));
  return readerOf(environment, credentials);
}

function readerOf(environment: Environment, credentials: ReadonlyMap<string, Parsed<string>>): VariableReader {
  return (name) => {
    if (name.startsWith(CREDENTIAL))
      return credentials.get(name) ?? { ok: false, reason: `'${name}' cannot be read here` };
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    return value === undefined
      ? { ok: false, reason: `the variable ${name} is not set in the environment` }
      : { ok: true, value };
  };
}

async function credential(name: string, environment: Environment): Promise<Parsed<string>> {
  const folder = environment['CREDENTIALS_DIRECTORY'] ?? '';
  if (folder === '')
    return {
      ok: false,
      reason: `the service manager has handed over no credentials, and so not '${name}'; with systemd: LoadCredential=${name}:/path`,
    };
  try {
    const bytes = await answeredInTime(folder, async () => await bounded(join(folder, name)));
    if (bytes === null) return { ok: false, reason: `the credential '${name}' has more than ${MAX_BYTES} bytes` };
    // Editors end a file with one.
    return { ok: true, value: bytes.toString('utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return { ok: false, reason: `the credential '${name}' cannot be read: ${fileReason(errnoOf(error))}` };
  }
}

/** @returns null if it is longer. */
async function bounded(path: string): Promise<Buffer | null> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return size > MAX_BYTES ? null : await file.readFile();
  } finally {
    await file.close();
  }
}
