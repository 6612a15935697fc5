/** A task that a timer begins, never twice at once: while it is under way the timer begins nothing. It must not know what the task is. */

/** @param task must not reject. */
export function oneAtATime(task: () => Promise<void>): () => void {
  let isUnderWay = false;
  return () => {
    if (isUnderWay) return;
    isUnderWay = true;
    void (async () => {
      await task();
      isUnderWay = false;
    })();
  };
}
