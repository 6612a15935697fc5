/** Text as one word of sh, bash and zsh. It must not be used for fish, which reads a backslash between quotes. */

export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
