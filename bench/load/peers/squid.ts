/**
 * Squid without a cache, one worker; alone, and with squidGuard, which holds the URL list in a Berkeley DB.
 * Alone it holds no list: it has sets of domains, but for URLs only regular expressions tried one after the other.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, installedVersion, versionOf } from '../programs.ts';
import { plainLines, type Launch, type Peer, type Site } from './peer.ts';

const SHARED_MEMORY = '/dev/shm';
const USER = 'proxy';

export const squid: Peer = {
  name: 'squid',
  note: 'no cache; holds no URL list (it could only try regular expressions one by one)',
  holdsList: false,
  version: squidVersion,
  prepare: (site) => launch(site, 'squid', ''),
};

export const squidGuard: Peer = {
  name: 'squidguard',
  note: 'Squid without cache, squidGuard with a urllist as url_rewrite_program',
  holdsList: true,
  version: () => {
    const [own, guard] = [squidVersion(), findProgram('squidGuard')];
    return own === null || guard === null
      ? null
      : `${own} with squidGuard ${versionOf(guard, ['-v'], /SquidGuard: (\S+)/)}`;
  },
  prepare: (site) => {
    const guardFile = buildDatabase(site);
    const program = `${findProgram('squidGuard')!} -c ${guardFile}`;
    return launch(site, 'squidguard', `url_rewrite_program ${program}\nurl_rewrite_children 4 startup=4 idle=1\n`);
  },
};

function squidVersion(): string | null {
  return installedVersion('squid', ['-v'], /Version (\S+)/);
}

function launch(site: Site, name: string, extra: string): Launch {
  const service = `bench${name}${process.pid}`;
  const file = site.workspace.write(`${name}.conf`, configuration(site, name, extra));
  return {
    command: [findProgram('squid')!, '-N', '-n', service, '-f', file],
    sweep: () => removeSharedMemory(service),
    // Not root with cache_effective_user: giving up root later also gives up ending when the bench is killed.
    ...(isRoot() ? { user: USER } : {}),
  };
}

function configuration({ port, workspace }: Site, name: string, extra: string): string {
  return `
http_port 127.0.0.1:${port}
workers 1
cache deny all
cache_mem 0
access_log none
cache_log ${join(workspace.folder(`${name}-state`), 'cache.log')}
cache_store_log none
pid_filename ${workspace.path(`${name}-state/squid.pid`)}
coredump_dir ${workspace.path(`${name}-state`)}
netdb_filename none
pinger_enable off
visible_hostname bench.invalid
shutdown_lifetime 0 seconds
http_access allow all
${extra}`;
}

/** Squid that was killed leaves its segments behind, and the next one of that name does not start. */
function removeSharedMemory(service: string): void {
  for (const name of readdirSync(SHARED_MEMORY)) {
    if (name.startsWith(`${service}-`)) rmSync(join(SHARED_MEMORY, name), { force: true });
  }
}

function buildDatabase({ workspace, list, originPort }: Site): string {
  const folder = workspace.folder('squidguard-db');
  const log = workspace.folder('squidguard-log');
  workspace.write('squidguard-db/urls', plainLines(list));
  const file = workspace.write(
    'squidguard-lists.conf',
    `dbhome ${folder}
logdir ${log}
dest listed {
  urllist urls
}
acl {
  default {
    pass !listed all
    redirect 302:http://127.0.0.1:${originPort}/refused
  }
}
`,
  );
  const result = spawnSync(findProgram('squidGuard')!, ['-c', file, '-C', 'all'], {
    encoding: 'utf8',
    env: process.env,
  });
  if (result.status !== 0) throw new Error(`squidGuard cannot build its database: ${result.stderr}`);
  if (isRoot()) for (const path of [folder, log]) giveAway(path);
  return file;
}

function giveAway(folder: string): void {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, USER], { encoding: 'utf8' }).stdout));
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) chownSync(path, uid!, gid!);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
