/** Reading our own documents in tests. */

/** The anchors of the headings, as GitHub makes them. */
export function anchorsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The first column of every table row below the heading, without its back-ticks. */
export function firstColumn(document: string, heading: string): string[] {
  const [, section = ''] = document.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [own = ''] = section.split(/^## /m);
  return [...own.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}
