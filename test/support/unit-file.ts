/** Reading our own systemd files in tests. */
import { readFileSync } from 'node:fs';

/** The lines that say something, of a file below systemd/. */
export function settingLines(name: string): string[] {
  return readFileSync(new URL(`../../systemd/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** `[Section] Key` → its values in order; a key may come more than once. */
export function unitSettings(name: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  let section = '';
  for (const line of settingLines(name)) {
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (line.startsWith('[')) section = line;
    else settings.set(`${section} ${key}`, [...(settings.get(`${section} ${key}`) ?? []), value]);
  }
  return settings;
}
