/** config/nginx/protected-lists.conf on a real nginx, and another one as a CDN before it: what is kept, and for how long. */
import { readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { hasPythonTuf, pythonTuf } from '../support/python-tuf.ts';
import { Publishing } from './publishing.ts';

const RULES = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'nginx', 'protected-lists.conf'), 'utf8');
const SOON = 'public, max-age=30';
const EVER = 'public, max-age=31536000, immutable';

describeWith(hasPythonTuf() ? ['nginx'] : ['nginx', 'python3-tuf'])('cache rules', () => {
  let publishing: Publishing;
  let origin: Nginx;
  let cache: Nginx;

  beforeEach(async () => {
    publishing = await Publishing.begin({ now: Date.now() });
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example']);
    origin = await startNginx({ server: RULES });
    symlinkSync(join(publishing.folders.repo, 'isp-a'), join(origin.root, 'isp-a'));
    cache = await startNginx({
      http: 'proxy_cache_path cache keys_zone=lists:1m inactive=1d;',
      server: `location / { proxy_pass http://127.0.0.1:${origin.port}; proxy_cache lists; add_header X-Cache $upstream_cache_status always; }`,
    });
  });
  afterEach(async () => {
    await cache.stop();
    await origin.stop();
    publishing[Symbol.dispose]();
  });

  const asked = async ({ port }: Nginx, path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}/isp-a/${path}`, { headers });
    await answer.arrayBuffer();
    return {
      status: answer.status,
      control: answer.headers.get('cache-control'),
      cached: answer.headers.get('x-cache'),
      etag: answer.headers.get('etag'),
    };
  };
  const targetPath = (): string => {
    const { path } = publishing.repository('isp-a').targets.get('match/1/1/1.full')!;
    const { sha256 } = publishingTarget(path);
    return `targets/match/1/1/${sha256}.1.full`;
  };
  const publishingTarget = (path: string): { readonly sha256: string } => {
    const stated = JSON.parse(
      readFileSync(join(publishing.folders.keys, 'state', 'published', 'isp-a.json'), 'utf8'),
    ) as {
      readonly targets: { readonly targets: readonly { readonly path: string; readonly sha256: string }[] };
    };
    return stated.targets.targets.find((target) => target.path === path)!;
  };

  test('a timestamp and what is missing for 30 seconds, all else for ever', async () => {
    const { snapshot } = publishing.repository('isp-a').versions;
    expect(await asked(origin, 'metadata/timestamp.json')).toMatchObject({ status: 200, control: SOON });
    expect(await asked(origin, `metadata/${snapshot}.snapshot.json`)).toMatchObject({ status: 200, control: EVER });
    expect(await asked(origin, 'metadata/1.root.json')).toMatchObject({ status: 200, control: EVER });
    expect(await asked(origin, targetPath())).toMatchObject({ status: 200, control: EVER });
    for (const missing of [
      'metadata/2.root.json',
      'metadata/99.timestamp.json',
      'targets/x',
      'metadata/.x.tmp',
      '../isp-b/metadata/timestamp.json',
    ])
      expect(await asked(origin, missing)).toMatchObject({ status: 404 });
    expect(await asked(origin, 'metadata/2.root.json')).toMatchObject({ control: SOON });
    expect(await asked(origin, '../isp-b/metadata/timestamp.json')).toMatchObject({ control: SOON });
  });

  test('one small request tells that nothing has changed', async () => {
    const { etag } = await asked(origin, 'metadata/timestamp.json');
    expect(await asked(origin, 'metadata/timestamp.json', { 'if-none-match': etag! })).toMatchObject({ status: 304 });
    // Also within one second, which is as exact as the server looks.
    const etags = new Set([etag]);
    for (let i = 0; i < 5; i += 1) {
      await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
      utimesSync(join(publishing.folders.repo, 'isp-a', 'metadata', 'timestamp.json'), 1, 1);
      etags.add((await asked(origin, 'metadata/timestamp.json')).etag);
    }
    expect(etags.size).toBe(6);
  });

  test('a CDN has all that a node needs while the origin is gone', async () => {
    const client = (name: string) => ({
      url: `http://127.0.0.1:${cache.port}/isp-a/`,
      folder: publishing.file(name),
      root: join(publishing.folders.keys, 'state', 'root', '1.root.json'),
    });
    const paths = ['match/1/1/1.full', 'withdrawn/1.set'];
    const fetched = async (name: string): Promise<readonly string[]> =>
      (await pythonTuf(client(name), paths)).map((at) => readFileSync(at, 'hex'));
    const first = await fetched('first');
    await origin.stop();
    expect(await fetched('second')).toEqual(first);
    expect(await asked(cache, 'metadata/2.root.json')).toMatchObject({ status: 404, cached: 'HIT' });
    expect(await asked(cache, 'metadata/1.root.json')).toMatchObject({ status: 502 });
  });
});
