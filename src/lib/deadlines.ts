/**
 * How long anything waits at most, and how often it looks, that is no key of the configuration: by room, in milliseconds. All in one place, since they hold each
 * other: what ends within the time of something else stands beside it. Each room takes its own as a parameter, so that a test can give others, as it does
 * with the clock (time.ts). What a client or an operator notices first is a key of the configuration and not here. It must not hold any logic.
 */

export const DEADLINES = {
  /** The admin side over HTTP. Its requests are short, and so are its answers. */
  admin: {
    /** For a request's head. */
    headMs: 3_000,
    /** For all of it. */
    requestMs: 5_000,
    /** Between two looks at whether they are over. */
    lookMs: 1_000,
    /** For a reader that does not read. */
    idleMs: 10_000,
    /** In which a connection that makes room may read why. */
    leaveMs: 1_000,
    /** A question of `/explain` for its turn. With the budget all that may wait are answered in this time. */
    turnMs: 5_000,
  },
  /** The control socket. */
  control: {
    /** For a request to come. A reload may take its time to answer. */
    requestMs: 5_000,
    /** For the other side to read its reply, which it does within one unless it is stopped. */
    replyMs: 60_000,
    /** Without a line, where lines follow the request. */
    lineMs: 300_000,
    /** Of work on lines in one turn of the control thread. */
    workMs: 1,
    /** Between two looks at whether the name is ours, or can be. */
    lookMs: 2_000,
    /** For whoever has the name to say who it is. */
    ownerMs: 1_000,
  },
  /** The self-tests of the lists. */
  selftest: {
    /** Between two looks at what is due. */
    lookMs: 1_000,
    /** After a failure: a list may have been exchanged in the middle of a test. */
    againMs: 60_000,
    /** For the whole of one exchange with a listener. */
    answerMs: 10_000,
    /** Two looks of a data thread: then each goes by what was switched on again. */
    settledMs: 500,
  },
  /** The instance and its data threads. */
  workers: {
    /** For a thread to start. Loading the program on a busy machine takes its time; nobody is served by this worker yet. */
    startMs: 60_000,
    /** Between two looks at whether a worker hangs, at most; `supervision.hangTimeout` is the bound. */
    hangLookMs: 1_000,
    /** Before a dead worker is replaced: doubling from the first to the last while it goes on dying. */
    firstRestartMs: 100,
    lastRestartMs: 10_000,
    /** A worker that lived longer than this did not die of how it was started, nor of what is asked again and again. */
    healthyMs: 10_000,
    /** For all stages that end slowly: within the ten seconds that the units have above lame duck and drain. */
    stopMs: 6_000,
    /** For each of the others, once that is used up. */
    lastStopMs: 500,
    /** Beyond the deadline that workers were given to drain. */
    drainGraceMs: 1_000,
    /** In which threads end. One that a call of the system holds ends with that call, which may be never. */
    endMs: 2_000,
    /** Between two reminders that something is switched off. */
    remindMs: 60_000,
    /** Between two looks at what outlets are told (midnight, what failed). */
    outletLookMs: 10_000,
    /** Between two looks at whether publishers are still heard. */
    publisherLookMs: 60_000,
    /** Between two looks at whether a descriptor is free. */
    descriptorLookMs: 1_000,
    /** Between two looks at whether the clock has jumped. */
    clockLookMs: 10_000,
  },
};

export type Deadlines = {
  readonly [Room in keyof typeof DEADLINES]: Readonly<(typeof DEADLINES)[Room]>;
};
