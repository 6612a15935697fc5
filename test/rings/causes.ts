/**
 * Tests that were run again twice within twenty runs, by `FILE TEST`, with the cause that was found: without a row here the second time
 * fails the run. A row goes when its cause has gone.
 */
export const CAUSES: Readonly<Record<string, string>> = {};
