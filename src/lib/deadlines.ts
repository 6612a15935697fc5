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
  /** What keeps lists up to date. */
  list: {
    /** Candidates of sources that answer within this time of each other share one run. */
    gatherMs: 250,
    /** Until a list that failed is tried again: doubling from the first to the last. */
    firstRetryMs: 1_000,
    lastRetryMs: 60_000,
    /** Until what was withdrawn is published once more, where that failed. */
    publishRetryMs: 1_000,
    /** After which whoever waits for a list is told that it does not get on. A server of lists has ten minutes for one (`server.wholeMs`). */
    stallMs: 15 * 60_000,
    /** Between two looks at that, at most. */
    stallLookMs: 1_000,
  },
  /** A list in a file, and a protected list's folder. */
  file: {
    /** From an event to the look, and between two looks that must find the same. */
    settleMs: 300,
    /** Between looks where no event comes (network file systems, symbolic links into other directories). */
    pollMs: 5_000,
    /** A file that goes on changing is given up for this time. */
    restlessMs: 60_000,
    /** Between two looks where changes are dated by whole seconds: more than the longest step by which a file system does, which is two. */
    stepMs: 2_100,
  },
  /** A server of lists. */
  server: {
    /** To connect, to the answer's head, between pieces of its body. */
    answerMs: 15_000,
    /** For the whole of a list: a server that drips never ends otherwise. */
    wholeMs: 10 * 60_000,
    /** For which a connection is kept: an update asks for several files. */
    keepAliveMs: 2_000,
  },
  /** The mirrors of a protected list. */
  mirrors: {
    /** For a whole file of the least size, and for each further MiB. */
    fileMs: 60_000,
    /** For which the others wait. */
    lookMs: 5_000,
    /** For which one that failed, or was slow, is left alone. */
    awayMs: 600_000,
    /** Between two lines in the log of a payload that takes as long. */
    progressMs: 5_000,
  },
  /** Zones for resolvers. */
  zones: {
    /** For the operator's command that tells the engine. */
    notifyMs: 120_000,
    /** Until an engine that could not be told is told again. */
    retryMs: 10_000,
    /** That others write in the file is told once in this time, however often they do. */
    alteredMs: 600_000,
  },
  /** Routes for a router. */
  routes: {
    /** Between two looks at which names are to be asked for. */
    tickMs: 250,
    /** For a resolver to answer. */
    answerMs: 3_000,
    /** Between two counts of traffic; half of it for the program that counts. */
    countersMs: 10_000,
    /** An edit of a file of ranges, or an address that this machine got, counts from then on at the latest. */
    rangesMs: 60_000,
    /** Between two looks at the file for BIRD. */
    lookMs: 10_000,
    /** What is new waits for more; a removal does not. */
    gatherMs: 1_000,
    /** Until what could not be written or told is tried again. */
    retryMs: 10_000,
    /** That others write in the file is told once in this time. */
    alteredMs: 600_000,
    /** For the operator's command that tells the router. */
    notifyMs: 10_000,
    /** What is younger beside the file another process may still be writing. */
    strayMs: 3_600_000,
  },
  /** The guard, which is a process of its own. How long it waits for an answer of a listener is a key of its configuration. */
  guard: {
    /** Between two looks at what time alone changes. */
    lookMs: 100,
    /** Between two questions to the filter. */
    filterMs: 250,
    /** For its answer. */
    filterAnswerMs: 1_000,
    /** Between two checks that it is still out of the path. */
    checkMs: 1_000,
  },
  log: {
    /** From the first line that was held back to the line that counts all of them. */
    summaryMs: 60_000,
    /** Until a descriptor that took no more is tried again. */
    retryMs: 100,
    /** For which the end of the process may be held up by a reader that stands still. */
    flushMs: 500,
  },
  /** Files of the configuration, programs that the operator has named. */
  calls: {
    /** For a call for a file. Those of a configuration are small, and a disk that is busy answers within a second. */
    fileMs: 10_000,
    /** After the end of a program for what it has printed. */
    outputMs: 50,
    /** For a program to end when it was killed: one that waits for a disk does not end before the disk answers. */
    killMs: 500,
  },
  /** Between two times that freed memory is given back: doubling from the first to the last. */
  memory: {
    firstMs: 2_000,
    lastMs: 64_000,
    /** While an update takes memory: what the data threads free in between stays below a megabyte. */
    oftenMs: 75,
  },
  /** What is counted by list and day, and by entry. */
  report: {
    /** Between two readings that are written down; who is killed loses what came since. */
    writeMs: 60_000,
    /** Between two looks at whether a day is over. */
    lookMs: 10_000,
  },
  /** What the service manager is told. */
  manager: {
    /** Between two STATUS lines; the watchdog's half where that is shorter. */
    statusMs: 10_000,
    /** For the program that tells it where there is no native edge. */
    sayMs: 5_000,
    /** For what follows the drain: ending the threads, closing the admin side. */
    stopGraceMs: 5_000,
    /** Until what could not be sent (its queue was full) is sent again; doubling, as far as `statusMs`. */
    againMs: 250,
  },
};

export type Deadlines = {
  readonly [Room in keyof typeof DEADLINES]: Readonly<(typeof DEADLINES)[Room]>;
};
