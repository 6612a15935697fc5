/**
 * Which alert is made to fire by a real fault where, in this order; test/observe/alerts.real.test.ts compares with the rules, and each of these
 * files has a fault for each of its alerts or does not compile.
 */
export const SHOWN_ALERTS = {
  instance: [
    'CleanfeedBypass',
    'CleanfeedListOff',
    'CleanfeedNotReady',
    'CleanfeedConfigRejected',
    'CleanfeedSelfTestFailed',
    'CleanfeedSelfTestMissing',
    'CleanfeedUncaughtError',
    'CleanfeedWorkerRestarted',
    'CleanfeedWorkerCrashLoop',
    'CleanfeedClockSkew',
    'CleanfeedClockJump',
    'CleanfeedRestarting',
    'CleanfeedDown',
    'CleanfeedAbsent',
  ],
  traffic: [
    'CleanfeedLimitsLowered',
    'CleanfeedBlockingSurge',
    'CleanfeedNotHttpAnswered',
    'CleanfeedUpstreamErrors',
    'CleanfeedDnsFailing',
    'CleanfeedHighLatency',
    'CleanfeedNoTraffic',
    'CleanfeedClientsRejected',
    'CleanfeedNearLimit',
    'CleanfeedConnectionLimit',
    'CleanfeedResolverDown',
    'CleanfeedResolversFailing',
    'CleanfeedQuestionsDropped',
    'CleanfeedOutOfDescriptors',
  ],
  memory: ['CleanfeedMemoryNearLimit'],
  lists: [
    'CleanfeedListRejected',
    'CleanfeedListSizeChanged',
    'CleanfeedListsDiffer',
    'CleanfeedListSyncFailing',
    'CleanfeedListStale',
    'CleanfeedListCacheStale',
  ],
  protected: [
    'CleanfeedListHeld',
    'CleanfeedListPinned',
    'CleanfeedNodeBehind',
    'CleanfeedListContentDiffers',
    'CleanfeedWithdrawalMissing',
    'CleanfeedListNamesFailing',
    'CleanfeedListMassWithdrawal',
    'CleanfeedListUntrusted',
    'CleanfeedLogFork',
    'CleanfeedListExpiring',
    'CleanfeedListExpired',
  ],
  outlets: ['CleanfeedZoneFailing', 'CleanfeedOutletNotTold', 'CleanfeedRoutesHeld', 'CleanfeedRouteFeedFailing'],
  guard: [
    'CleanfeedGuardListedPasses',
    'CleanfeedGuardPageDenied',
    'CleanfeedOutOfPath',
    'CleanfeedGuardHeld',
    'CleanfeedGuardCommandsFail',
    'CleanfeedGuardDown',
  ],
} as const;

type Family = keyof typeof SHOWN_ALERTS;

/** A fault for each alert of a family. It ends what it has begun, where that would disturb the next. */
export type Faults<Name extends Family> = Readonly<Record<(typeof SHOWN_ALERTS)[Name][number], () => Promise<void>>>;
