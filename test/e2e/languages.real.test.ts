/** Languages as an operator changes them: a reload brings new words to every worker, a fault in a file changes nothing and names its place. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';

const ENGLISH = readFileSync(join(import.meta.dirname, '../../config/languages/en.yaml'), 'utf8');
const GERMAN = ENGLISH.replace('name: English', 'name: Deutsch').replace(
  'heading: This destination is not allowed',
  'heading: Dieses Ziel ist nicht erlaubt',
);
/** Workers that must all have the words: a client meets any of them. */
const WORKERS = 2;

let proxy: ProxyProcess;
beforeAll(async () => {
  proxy = await startProxy({ config: { workers: WORKERS }, lists: { own: 'listed.example\n' } });
  mkdirSync(proxy.file('words'));
});
afterAll(async () => await proxy.stop());

/** One file replaced as an editor does it. */
function replaced(name: string, text: string): void {
  writeFileSync(proxy.file(`${name}.new`), text);
  renameSync(proxy.file(`${name}.new`), proxy.file(name));
}

function configured(change: object): void {
  const config = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as object;
  replaced('cleanfeed.yaml', JSON.stringify({ ...config, ...change }));
}

async function reload(): Promise<{ readonly code: number | null; readonly said: string }> {
  const { code, stdout, stderr } = await cleanfeed(['ctl', 'reload', '-c', proxy.file('cleanfeed.yaml')]);
  return { code, said: stdout + stderr };
}

async function answer(
  url: string,
  acceptLanguage: string,
): Promise<{ readonly language?: string; readonly body: string }> {
  await using client = await rawClient(proxy.port);
  client.request(url, { fields: `Accept: text/html\r\nAccept-Language: ${acceptLanguage}\r\n` });
  const { fields, body } = await client.response();
  const language = fields.get('content-language');
  return { body: body.toString(), ...(language === undefined ? {} : { language }) };
}

const DENIED = 'http://192.0.2.1/';
const LISTED = 'http://listed.example/';

async function everywhere(url: string, acceptLanguage: string, want: string): Promise<void> {
  for (let i = 0; i < 8 * WORKERS; i++) expect(await answer(url, acceptLanguage)).toMatchObject({ language: want });
}

test('a language is added, and its words changed, by a reload', async () => {
  await everywhere(DENIED, 'de-AT, fr;q=0.5', 'fr');
  replaced('words/de.yaml', GERMAN);
  configured({ languages: { folder: './words' } });
  expect(await reload()).toMatchObject({ code: 0, said: expect.stringContaining('configuration applied') });
  await everywhere(DENIED, 'de-AT, fr;q=0.5', 'de');
  await everywhere(LISTED, 'de-AT, fr;q=0.5', 'de');
  expect((await answer(DENIED, 'de')).body).toContain('Dieses Ziel ist nicht erlaubt');
  replaced('words/de.yaml', GERMAN.replace('Dieses Ziel', 'Diese Adresse'));
  expect(await reload()).toMatchObject({ code: 0, said: expect.stringContaining('configuration applied') });
  expect((await answer(DENIED, 'de')).body).toContain('Diese Adresse ist nicht erlaubt');
});

test('a fault in a file refuses the reload with its place, and everybody keeps the words that are in force', async () => {
  replaced('words/de.yaml', GERMAN.replace('  todo: What you can do\n', ''));
  const { code, said } = await reload();
  expect(code).toBe(78);
  expect(said).toMatch(/words\/de\.yaml:\d+:\d+: responses\.todo: is required/);
  expect((await answer(DENIED, 'de')).body).toContain('Diese Adresse ist nicht erlaubt');
  const check = await cleanfeed(['check', '-c', proxy.file('cleanfeed.yaml')]);
  expect(check.code).toBe(78);
  expect(check.stdout + check.stderr).toMatch(/words\/de\.yaml:\d+:\d+: responses\.todo: is required/);
});

test('a language is taken away, the operator named anew, the first language another', async () => {
  configured({ languages: { use: ['fr', 'en'] }, page: { operator: { fr: 'Réseau Exemple', en: 'Example Net' } } });
  expect(await reload()).toMatchObject({ code: 0 });
  await everywhere(DENIED, 'de', 'fr');
  await everywhere(LISTED, 'de', 'fr');
  await eventually(
    'each page names the operator',
    async () => [(await answer(DENIED, 'fr')).body, (await answer(LISTED, 'fr')).body],
    (bodies) => bodies.every((body) => body.includes('Réseau Exemple')),
  );
});
