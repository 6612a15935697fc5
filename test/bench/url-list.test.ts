/** The list of the load bench: same on every machine, reserved names only, every entry different. */
import { describe, expect, test } from '@jest/globals';
import { SUSPECT_HOSTS, suspectHost, urlList } from '../../bench/data/url-list.ts';

const list = urlList(20_000);

describe('the list of the load bench', () => {
  test('is the same each time, and a shorter one is its beginning', () => {
    expect(urlList(20_000)).toEqual(list);
    expect(urlList(500)).toEqual(list.slice(0, 500));
  });

  test('holds as many different URLs as asked for', () => {
    expect(new Set(list.map(({ host, path }) => host + path)).size).toBe(20_000);
  });

  test('names reserved hosts only', () => {
    for (const { host } of list) expect(host).toMatch(/^(127(\.\d{1,3}){3}|[a-z0-9.]+\.(example|test|invalid))$/);
  });

  test('has lower-case paths without query, which every peer can hold', () => {
    for (const { path } of list) expect(path).toMatch(/^\/[a-z0-9/.-]+$/);
  });

  test('gives every suspect host entries, each an address of its own', () => {
    const hosts = Array.from({ length: SUSPECT_HOSTS }, (_, at) => suspectHost(at));
    expect(new Set(hosts).size).toBe(SUSPECT_HOSTS);
    const listed = new Set(list.map(({ host }) => host));
    expect(hosts.filter((host) => !listed.has(host))).toEqual([]);
  });
});
