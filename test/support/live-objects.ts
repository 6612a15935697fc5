/** How many objects of a class are alive in this process, garbage aside: what a leak leaves, counted and not weighed. */
import { queryObjects } from 'node:v8';

type Class = abstract new (...args: never[]) => unknown;

/** By name of the class. Collects garbage and walks the heap: not for hot paths. */
export function liveObjects(classes: readonly Class[]): ReadonlyMap<string, number> {
  return new Map(classes.map((one) => [one.name, queryObjects(one, { format: 'count' })]));
}
