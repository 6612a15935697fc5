/** Traffic at a pace, for as long as something else goes on. */

/** Between two steps. */
const PACE_MS = 50;
const REST_MS = 10;

/** Between two steps of what goes on until it is ended: without a rest it takes a core. */
export async function aRest(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
}

/** The pace of what comes once a second. */
export async function aSecond(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

/** Steps, one after the other, until `act` has ended. */
export async function during(step: () => Promise<void>, act: () => Promise<void>, paceMs = PACE_MS): Promise<void> {
  const over = new AbortController();
  const acting = act().finally(() => over.abort());
  while (!over.signal.aborted) {
    await step();
    await new Promise((resolve) => setTimeout(resolve, paceMs));
  }
  await acting;
}
