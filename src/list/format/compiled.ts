/**
 * The format of compiled lists (compiled-file.ts): each is a segment with a key of its own, served where it lies.
 * It must not show any text: there is none.
 */
import { ListError } from '../list-error.ts';
import { refused } from '../staged-list.ts';
import {
  COMPILED_MAGIC,
  compiledContent,
  compiledListStats,
  looksCompiled,
  openCompiledList,
} from './compiled-file.ts';
import type { OwnSegmentFormat } from './format.ts';

export const COMPILED: OwnSegmentFormat = {
  name: 'compiled',
  segment: 'own',
  magic: COMPILED_MAGIC,
  recognises: looksCompiled,
  contentOf: compiledContent,
  // Its header tells its length.
  isCutOff: () => false,
  judge: async (bytes, { today }, rest) => {
    try {
      const file = await openCompiledList(bytes, rest);
      const { segment, grammar, publicSuffixes, firstPublicSuffix: line } = file;
      return {
        stage: 'judged',
        bytes,
        segment: { kind: 'own', bytes: segment },
        stats: await compiledListStats(file, today, rest),
        tests: [],
        grammar,
        badLines: [],
        suffixLines: [],
        protectedLines: [],
        firstSuffix: publicSuffixes === 0 ? null : `line ${line} of the text that it was compiled from`,
      };
    } catch (error) {
      if (error instanceof ListError) return refused(error);
      throw error;
    }
  },
};
