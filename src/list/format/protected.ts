/** The format of protected lists: an image (../protected/image-layout.ts) that was made of what a publisher sent; it is no file. */
import { restingBetween } from '../../lib/steps.ts';
import { segmentFaultSteps, segmentFigureSteps } from '../../match/segment-records.ts';
import { ListError, listError } from '../list-error.ts';
import { figuresHold } from '../protected/image-figures.ts';
import { IMAGE_MAGIC, imageContent, isImage, readImage } from '../protected/image-layout.ts';
import { refused } from '../staged-list.ts';
import { segmentStats } from '../stats.ts';
import { segmentEnds, withEnds } from '../ends.ts';
import type { OwnSegmentFormat } from './format.ts';

export const PROTECTED: OwnSegmentFormat = {
  name: 'protected',
  segment: 'own',
  magic: IMAGE_MAGIC,
  recognises: isImage,
  contentOf: imageContent,
  // Its header tells its length.
  isCutOff: () => false,
  judge: async (bytes, { today }, rest) => {
    try {
      const { parts, figures } = readImage(bytes);
      const { segment } = parts;
      const fault = await restingBetween(segmentFaultSteps(segment), rest);
      if (fault !== null) return refused(listError('corrupt', `not a usable protected list: ${fault}`));
      const stats = segmentStats(
        figuresHold(figures, today) ? figures : await restingBetween(segmentFigureSteps(segment, today), rest),
      );
      return {
        stage: 'judged',
        bytes,
        segment: { kind: 'own', bytes: segment },
        stats: withEnds(stats, await segmentEnds(segment, stats, today, rest)),
        // Its records have no reason for any entry to be let through.
        tests: [],
        grammar: 'block',
        badLines: [],
        suffixLines: [],
        protectedLines: [],
        firstSuffix: null,
      };
    } catch (error) {
      if (error instanceof ListError) return refused(error);
      throw error;
    }
  },
};
