/**
 * A made list of any size, computed entry by entry: nothing is stored, two runs are the same. Eight entries make a site
 * that mixes every scope, so that the neighbours of one are under the eyes of the others.
 *
 * Hosts are names of the npm package `disposable-email-domains` below reserved ones: real in shape, and nobody's.
 */
import { createRequire } from 'node:module';

const ENTRIES_PER_SITE = 8;

/** 121,570 harmless host names as they occur in the world, as byte strings: some are no ASCII. */
export const REAL_NAMES: readonly string[] = realNames();

/** Host that the entries `8 * site` to `8 * site + 7` are on or below. */
export function siteHost(site: number): string {
  return `${REAL_NAMES[site % REAL_NAMES.length]}.x${site}.example`;
}

/** Line `index` (0-based) of the list. */
export function listLine(index: number): string {
  const site = Math.floor(index / ENTRIES_PER_SITE);
  const host = siteHost(site);
  return [
    `http://${host}/a/b-${site}.html?id=${site}&page=2`,
    `${host}/a/c-${site}.html`,
    `${host}/d-${site}/e/*`,
    `http://${host}/p-${site}/q.php?*`,
    `h.${host}`,
    `*.s.${host}`,
    `*.t.${host}/dir/*`,
    `${host}:8080/x-${site}`,
  ][index % ENTRIES_PER_SITE]!;
}

/** A URL that line `index` lists, in plain spelling, taken apart for whoever spells it differently. */
export function listedUrl(index: number): ListedUrl {
  const site = Math.floor(index / ENTRIES_PER_SITE);
  const host = siteHost(site);
  return [
    { host, port: null, path: `/a/b-${site}.html`, query: `id=${site}&page=2` },
    { host, port: null, path: `/a/c-${site}.html`, query: null },
    { host, port: null, path: `/d-${site}/e/f/g.jpg`, query: 'size=9' },
    { host, port: null, path: `/p-${site}/q.php`, query: `any=${site}` },
    { host: `h.${host}`, port: 443, path: '/some/where.html', query: null },
    { host: `deep.below.s.${host}`, port: 81, path: '/some/where.html', query: 'x' },
    { host: `u.t.${host}`, port: null, path: '/dir/sub/file.png', query: null },
    { host, port: 8080, path: `/x-${site}`, query: null },
  ][index % ENTRIES_PER_SITE]!;
}

export interface ListedUrl {
  readonly host: string;
  readonly port: number | null;
  readonly path: string;
  readonly query: string | null;
}

/** Next to what is listed on the site, above it, nearly spelled like it: none of it is listed. */
export function neighbours(site: number): readonly string[] {
  const host = siteHost(site);
  const on = (path: string): string => `http://${host}${path}`;
  return [
    ...['/', '/index.html', '/a/', '/a', '/A/', '/b', '/robots.txt'].map(on),
    ...[
      '',
      '?',
      '?id=',
      `?id=${site}`,
      `?page=2&id=${site}`,
      `?id=${site}&page=2&x=1`,
      `?id=${site}&page=3`,
      `?ID=${site}&page=2`,
      `?id=${site}%26page=2&`,
    ].map((query) => on(`/a/b-${site}.html${query}`)),
    ...[
      `/a/B-${site}.html?id=${site}&page=2`,
      `/a/b-${site}.html/?id=${site}&page=2`,
      `/b-${site}.html?id=${site}&page=2`,
      `/a/a/b-${site}.html?id=${site}&page=2`,
      `/a/b-${site}.html%3Fid=${site}&page=2`,
    ].map(on),
    ...[
      `/a/c-${site}.html?x`,
      `/a/c-${site}.htm`,
      `/a/c-${site}.html/`,
      `/a/c-${site}.html/x`,
      `/a/c-${site}.htmlx`,
      `/c-${site}.html`,
    ].map(on),
    ...[`/d-${site}/e`, `/d-${site}/`, `/d-${site}/ee/x`, `/d-${site}/E/x`, `/x/d-${site}/e/f`, `/d-${site}/e?/f`].map(
      on,
    ),
    ...[
      `/p-${site}/`,
      `/p-${site}/q.php/`,
      `/p-${site}/q.php5`,
      `/p-${site}/q.ph`,
      `/p-${site}/x/q.php`,
      `/p-${site}/Q.php`,
    ].map(on),
    ...[
      `x.h.${host}`,
      `hh.${host}`,
      `h.x${host}`,
      `ss.${host}`,
      `s.x.${host}`,
      `t.${host}`,
      `www.${host}`,
      host.slice(host.indexOf('.') + 1),
      `x${site}.example`,
      'example',
      `h.${host}.test`,
    ].map((name) => `http://${name}/`),
    ...['/dir', '/dirx/', '/x/dir/'].map((path) => `http://u.t.${host}${path}`),
    `http://x.${host}/dir/a`,
    ...['', ':80', ':8081', ':443'].map((port) => `http://${host}${port}/x-${site}`),
    `http://${host}:8080/x-${site}?`.replace('?', '?y'),
  ];
}

function realNames(): readonly string[] {
  const names: unknown = createRequire(import.meta.url)('disposable-email-domains/index.json');
  return Array.isArray(names) ? names.map((name) => Buffer.from(String(name), 'utf8').toString('latin1')) : [];
}
