/** What whoever publishes is told of the additions of a change set that nobody else may decide. It must not change a line. */
import { proposal, proposesInfo } from '../list/lint/program-pages.ts';
import { PROGRAM_ENDINGS } from '../url/program-pages.ts';
import { hasInfo } from './emit/emitter.ts';
import { entryOfLine } from './entry-line.ts';

/** Most lines have no such name: they are not read. */
const MAY_BE_PROGRAM = new RegExp(`(?:${PROGRAM_ENDINGS.join('|').replaceAll('.', '[.]')})(?:[? ]|$)`, 'i');

/** @param additions canonical lines. @param counted as people read so many. */
export function proposalsOf(additions: readonly string[], counted: (additions: number) => string): readonly string[] {
  const pages = additions.filter((line) => MAY_BE_PROGRAM.test(line) && isProposed(line)).length;
  const info = additions.filter(hasInfo).length;
  return [
    ...(pages === 0 ? [] : [proposal(counted(pages))]),
    ...(info === 0
      ? []
      : [
          `${counted(info)} with fold=info: the version is published in format 2, for which nodes of the last release keep the version before`,
        ]),
  ];
}

function isProposed(line: string): boolean {
  const entry = entryOfLine(line, 0n);
  return entry !== null && proposesInfo(entry);
}
