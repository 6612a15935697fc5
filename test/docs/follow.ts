/** Follows a document, block by block, each as a test of its own. It must not know what the document is about. */
import { afterAll, beforeAll, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';
import { blocksOf, document } from './markdown.ts';
import type { Block } from './markdown.ts';
import { Session } from './session.ts';
import type { SessionOptions } from './session.ts';

/** Documents whose commands are run; each has a test file that calls `followDocument`. */
export const FOLLOWED = ['README.md', 'docs/runbooks.md', 'docs/migration.md'] as const;

export function followDocument(
  name: (typeof FOLLOWED)[number],
  programs: readonly string[],
  options: SessionOptions = {},
): void {
  describeWith(programs)(`${name}, block by block, in ${options.shell ?? 'sh'}`, () => {
    let session: Session;
    const expectToHold = async (block: Block): Promise<void> => await session.follow(block);

    beforeAll(async () => {
      session = await Session.begin(options);
    });
    afterAll(async () => {
      await session.end();
    });

    const blocks = blocksOf(document(name))
      .filter(({ language, comment }) => language === 'sh' || comment !== null)
      .map((block) => [`line ${block.line}, ${block.comment}`, block] as const);

    test.each(blocks)('%s', async (_, block) => {
      await expectToHold(block);
    });
  });
}
