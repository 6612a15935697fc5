/** A host as a line of a list spells it, so that it is read as the same host again. It must not judge the host. */

const MS_PER_DAY = 86_400_000;

/** What a name may hold and no line may spell (ambiguous-address.ts) is escaped. */
export function hostText(host: string): string {
  if (host.startsWith('[')) return host;
  return host.replaceAll(/[^\w.-]/g, escaped);
}

/** @param day UTC days since 1970-01-01. */
export function dayText(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
