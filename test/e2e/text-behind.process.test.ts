/** `fold=info` through the running program: a page of a program with text behind it is refused, and what is beside it passes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

test('text behind a page', async () => {
  await using proxy = await startProxy({
    lists: { own: 'a.localhost/page.php?id=5 fold=info\nb.localhost/page.php\n*.c.localhost/x.cgi?* fold=case,info\n' },
  });
  const asked = async (url: string): Promise<number> => {
    const [host = '', ...path] = url.split('/');
    return await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/${path.join('/')}`);
  };
  const refused = ['a/page.php?id=5', 'a/page.php/x?id=5', 'a/page.php/x/y.html?id=5', 'a/page.php/?id=5'];
  const others = ['b/page.php', 'c/X.cgi/y', 'd.c/x.CGI/y?z'];
  const harmless = [
    'a/page.php/x',
    'a/page.php/x?id=6',
    'a/page.php2/x?id=5',
    'a/page.phpx?id=5',
    'a/dir/page.php?id=5',
  ];
  const beside = ['b/page.php/x', 'c/x.cgi2/y', 'c/y/x.cgi', 'c/'];
  expect(await Promise.all([...refused, ...others].map(asked))).toEqual([...refused, ...others].map(() => 403));
  expect(await Promise.all([...harmless, ...beside].map(asked))).toEqual([...harmless, ...beside].map(() => 200));
});
