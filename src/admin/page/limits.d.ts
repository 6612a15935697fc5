/** Types of limits.js, for the instance. It must not name what that file does not give. */

interface UsedLimit {
  readonly name: string;
  readonly used: number | null;
  readonly limit: number | null;
  readonly level: 'fault' | 'warning' | 'none';
}

type Threshold =
  | 'minRequests'
  | 'errorShare'
  | 'graveErrorShare'
  | 'dnsShare'
  | 'minQuestions'
  | 'unansweredShare'
  | 'lostShare'
  | 'addedSeconds'
  | 'nearLimit'
  | 'atLimit'
  | 'staleSeconds'
  | 'failingSeconds'
  | 'copySeconds'
  | 'expirySeconds'
  | 'restartSeconds';

export declare const THRESHOLDS: Readonly<Record<Threshold, number>>;
export declare function limitsOf(status: object): readonly UsedLimit[];
export declare function limit(name: string, used: number | null, most: number | null): UsedLimit;
