/** Languages: those that are shipped, those of the operator, and every fault that a file of words can have, with its place. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { languageSchema } from '../../src/config/language-schema.ts';
import { OPERATOR } from '../../src/config/language-types.ts';
import { languageTag, shippedLanguages } from '../../src/config/languages.ts';
import { loadConfig } from '../../src/config/load.ts';
import { textsIn } from '../../src/config/page-texts.ts';
import { schemaKeys } from '../../src/config/schema-keys.ts';
import type { Config } from '../../src/config/types.ts';
import { SHIPPED } from '../support/languages.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { anyCharacter } from '../support/any-character.ts';

const ROOT = join(import.meta.dirname, '../..');
const ENGLISH = readFileSync(join(ROOT, 'config/languages/en.yaml'), 'utf8');

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
  mkdirSync(directory.file('words'));
});
afterEach(() => directory[Symbol.dispose]());

const word = (name: string, text: string): void => writeFileSync(directory.file(`words/${name}`), text);

async function load(yaml: string): Promise<Config> {
  writeFileSync(directory.file('c.yaml'), yaml);
  const loaded = await loadConfig(directory.file('c.yaml'), {});
  if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
  return loaded.config;
}

/** With the folder of the test left out. */
async function faults(yaml: string): Promise<string[]> {
  writeFileSync(directory.file('c.yaml'), yaml);
  const loaded = await loadConfig(directory.file('c.yaml'), {});
  return loaded.ok ? [] : loaded.faults.map((fault) => formatDiagnostic(fault).replaceAll(`${directory.path}/`, ''));
}

const tags = ({ languages }: Config): string[] => languages.map(({ tag }) => tag);
const OWN = 'languages: { folder: ./words }\n';

describe('shipped languages', () => {
  test('English, then French, without a fault', () => {
    expect(shippedLanguages({})).toMatchObject({ faults: [], violations: [], tags: ['en', 'fr'] });
    expect(SHIPPED.map(({ name, direction }) => [name, direction])).toEqual([
      ['English', 'ltr'],
      ['Français', 'ltr'],
    ]);
  });

  test('French has no sentence that is still English, and its own spaces before colons', () => {
    const [english, french] = SHIPPED.map((language) => leaves(language));
    const same = [...french!].filter(([key, text]) => english!.get(key) === text).map(([key]) => key);
    expect(same).toEqual(['direction']);
    for (const text of french!.values()) expect(text).not.toMatch(/[^\u00a0]:$| :|'/);
  });

  test('they come without their file once the process has started', () => {
    expect(shippedLanguages({ languages: { use: ['fr'] } }).languages).toEqual([SHIPPED[1]]);
  });
});

describe('languages of the operator', () => {
  test('are added behind those that are shipped, by name', async () => {
    word('pt-br.yaml', ENGLISH.replace('name: English', 'name: Português'));
    word('de.yaml', ENGLISH.replace('name: English', 'name: Deutsch'));
    word('notes.txt', 'no words');
    word('.de.yaml.swp', 'of an editor');
    const config = await load(OWN);
    expect(tags(config)).toEqual(['en', 'fr', 'de', 'pt-BR']);
    expect(config.languages.map(({ name }) => name)).toEqual(['English', 'Français', 'Deutsch', 'Português']);
  });

  test('one of the same name replaces the shipped one', async () => {
    word('fr.yaml', ENGLISH.replace('name: English', 'name: Français de France'));
    const config = await load(OWN);
    expect(config.languages.map(({ name }) => name)).toEqual(['English', 'Français de France']);
  });

  test('`use` says which, and which is first', async () => {
    word('de.yaml', ENGLISH);
    expect(tags(await load('languages: { folder: ./words, use: [FR, de] }\n'))).toEqual(['fr', 'de']);
    expect(tags(await load('languages: { use: [fr] }\n'))).toEqual(['fr']);
  });

  test('a language that is not used may be half done', async () => {
    word('de.yaml', 'name: Deutsch\n');
    expect(tags(await load('languages: { folder: ./words, use: [en] }\n'))).toEqual(['en']);
  });

  test('a right-to-left one says so', async () => {
    word('ar.yaml', ENGLISH.replace('direction: ltr', 'direction: rtl'));
    expect((await load(OWN)).languages[2]).toMatchObject({ tag: 'ar', direction: 'rtl' });
  });
});

describe('faults, each with its file, line and column', () => {
  test.each<{ name: string; from: string; to: string; want: readonly unknown[] }>([
    {
      name: 'a missing key',
      from: '  title: Access refused\n',
      to: '',
      want: ['words/de.yaml:11:3: block.title: is required'],
    },
    {
      name: 'an unknown key',
      from: '  title: Access refused\n',
      to: '  titel: Access refused\n',
      want: [
        'words/de.yaml:11:3: block.title: is required',
        "words/de.yaml:11:3: block.titel: unknown key; did you mean 'title'?",
      ],
    },
    {
      name: 'a placeholder that stands for nothing',
      from: 'Please get in touch with {operator}.',
      to: 'Please get in touch with {operater} of {operator}.',
      want: [
        "words/de.yaml:22:16: block.askOperator: '{operater}' stands for nothing here; known placeholders: {operator}",
      ],
    },
    {
      name: 'a placeholder that is missing',
      from: 'Please get in touch with {operator}.',
      to: 'Please get in touch with us.',
      want: ['words/de.yaml:22:16: block.askOperator: must hold {operator}'],
    },
    {
      name: 'a placeholder where none is known',
      from: '  title: Access refused\n',
      to: "  title: 'Access refused by {operator}'\n",
      want: ["words/de.yaml:11:10: block.title: '{operator}' stands for nothing here; known placeholders: none"],
    },
    {
      name: 'a direction that is none',
      from: 'direction: ltr',
      to: 'direction: up ',
      want: ["words/de.yaml:6:12: direction: must be ltr or rtl, not 'up'"],
    },
    {
      name: 'a text that is too long',
      from: 'title: Access refused',
      to: `title: ${'x'.repeat(201)}`,
      want: [
        expect.stringMatching(/^words\/de\.yaml:11:10: block\.title: must be a text of 1 to 200 characters, not 'x/),
      ],
    },
    {
      name: 'a control character',
      from: 'title: Access refused',
      to: 'title: "Access\\u001b[1m refused"',
      want: ['words/de.yaml:11:10: block.title: must not hold control characters'],
    },
    {
      name: 'broken YAML',
      from: 'name: English',
      to: 'name: [',
      want: [expect.stringMatching(/^words\/de\.yaml:\d+:/)],
    },
  ])('$name', async ({ from, to, want }) => {
    expect(ENGLISH).toContain(from);
    word('de.yaml', ENGLISH.replace(from, to));
    expect((await faults(OWN)).slice(0, want.length)).toEqual(want);
  });

  test.each<{ name: string; make: () => void; yaml: string; want: readonly unknown[] }>([
    {
      name: 'a folder that is not there',
      make: () => {},
      yaml: 'languages: { folder: ./none }\n',
      want: ['c.yaml:1:22: languages.folder: cannot be read: there is no such file'],
    },
    {
      name: 'a name that is no language',
      make: () => word('german_.yaml', ENGLISH),
      yaml: OWN,
      want: [
        "c.yaml:1:22: languages.folder: holds 'german_.yaml', which is not named by a language, like de.yaml or pt-BR.yaml",
      ],
    },
    {
      name: 'the other ending',
      make: () => word('de.yml', ENGLISH),
      yaml: OWN,
      want: [expect.stringContaining("holds 'de.yml', which is not named by a language")],
    },
    {
      name: 'one language in two files',
      make: () => {
        word('pt-BR.yaml', ENGLISH);
        word('pt-br.yaml', ENGLISH);
      },
      yaml: OWN,
      want: ["c.yaml:1:22: languages.folder: holds 'pt-BR.yaml' and 'pt-br.yaml', the same language"],
    },
    {
      name: 'a language that is not there',
      make: () => {},
      yaml: 'languages: { use: [en, fi] }\n',
      want: ["c.yaml:1:24: languages.use[1]: there is no language 'fi'; there are: en, fr"],
    },
    {
      name: 'what is no tag',
      make: () => {},
      yaml: 'languages: { use: ["../en"] }\n',
      want: ["c.yaml:1:20: languages.use[0]: must be the tag of a language like fr or pt-BR, not '../en'"],
    },
    {
      name: 'one language twice',
      make: () => {},
      yaml: 'languages: { use: [en, EN] }\n',
      want: ['c.yaml:1:24: languages.use[1]: the language is named twice'],
    },
    {
      name: 'none',
      make: () => {},
      yaml: 'languages: { use: [] }\n',
      want: ['c.yaml:1:19: languages.use: must have at least 1 item'],
    },
    {
      name: 'a file that is too large',
      make: () => word('de.yaml', `# ${'x'.repeat(70_000)}\n${ENGLISH}`),
      yaml: OWN,
      want: ['words/de.yaml:1:1: is larger than 64 KiB; is this a file of words?'],
    },
    {
      name: 'more than there may be',
      make: () => {
        for (const letter of 'abcdefghijklmnop') word(`q${letter}.yaml`, ENGLISH);
      },
      yaml: OWN,
      want: [
        'c.yaml:1:22: languages.folder: there are 18 languages, and at most 16 can be used; name them in languages.use',
      ],
    },
  ])('$name', async ({ make, yaml, want }) => {
    make();
    expect(await faults(yaml)).toEqual(want);
  });

  test('every key is required', async () => {
    word('de.yaml', '{}\n');
    const missing = (await faults(OWN)).filter((fault) => fault.endsWith('is required')).length;
    const mappings = (await faults(OWN)).filter((fault) => fault.includes('must be a mapping')).length;
    expect(missing + mappings).toBe(Object.keys(languageSchema.shapes).length);
    for (const key of schemaKeys(languageSchema)) expect(leavesAndMappings(SHIPPED[0]!)).toContain(key);
  });
});

describe('texts of the configuration in each language', () => {
  const LIST = 'lists: [{ name: a, source: ./a.txt, page: { reason: { de: Gericht } } }]\n';

  test('one for all, or one for each; where none is given the language has its own', async () => {
    word('de.yaml', ENGLISH);
    const { page, lists } = await load(
      `${OWN}page: { operator: ISP, help: [{ name: { en: Help, fr: Aide, de: Hilfe }, url: https://help.example/ }, { name: 112, url: https://112.example/ }] }\n${LIST}`.replace(
        'name: 112',
        'name: "112"',
      ),
    );
    expect(page.operator).toEqual({ en: 'ISP', fr: 'ISP', de: 'ISP' });
    expect(page.help.map(({ name }) => name)).toEqual([
      { en: 'Help', fr: 'Aide', de: 'Hilfe' },
      { en: '112', fr: '112', de: '112' },
    ]);
    expect(page.reason).toEqual({});
    expect(lists[0]?.page.reason).toEqual({ de: 'Gericht' });
  });

  test('a language that has no text, and one that is not there', async () => {
    word('de.yaml', ENGLISH);
    expect(await faults(`${OWN}page: { operator: { en: A, fr: B }, reason: { es: C } }\n`)).toEqual([
      'c.yaml:2:19: page.operator: has no text for de; give one text for all languages, or one for each',
      expect.stringContaining("c.yaml:2:51: page.reason.es: there is no language 'es'"),
    ]);
    expect(await faults(LIST)).toEqual([
      expect.stringContaining("c.yaml:1:59: lists[0].page.reason.de: there is no language 'de'"),
    ]);
  });

  test('a text for a language that is not used is no fault', async () => {
    const { page } = await load('languages: { use: [fr] }\npage: { operator: { en: A, fr: B } }\n');
    expect(page.operator).toEqual({ fr: 'B' });
  });

  test('the names of tags are free in their spelling', () => {
    expect(textsIn({ 'PT-br': 'A', FR: null }, ['pt-BR', 'fr'])).toEqual({ 'pt-BR': 'A' });
  });
});

test('a tag is a file name that leads nowhere else', () => {
  expect(languageTag('pt-br')).toBe('pt-BR');
  expect(languageTag('zh-hant-tw')).toBe('zh-Hant-TW');
  expect(languageTag('x')).toBeNull();
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      const tag = languageTag(text);
      expect(tag === null || /^[A-Za-z0-9-]+$/.test(tag)).toBe(true);
    }),
  );
});

function leaves(value: object, under = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, part] of Object.entries(value) as [string, unknown][]) {
    const path = under === '' ? key : `${under}.${key}`;
    if (typeof part === 'string') found.set(path, part.replaceAll(OPERATOR, ''));
    else if (typeof part === 'object' && part !== null)
      for (const [deep, text] of leaves(part, path)) found.set(deep, text);
  }
  found.delete('tag');
  return found;
}

function leavesAndMappings(value: object): Set<string> {
  const keys = new Set<string>();
  for (const path of leaves(value).keys())
    for (let end = path.length; end !== -1; end = path.lastIndexOf('.', end - 1)) keys.add(path.slice(0, end));
  return keys;
}
