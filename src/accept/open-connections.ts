/**
 * Every open client connection of a thread. An array, because a Set rehashes into a new table again and again, and the
 * dead table, once it is in V8's old space, keeps what the next one refers to alive: all connections outlive their time
 * and cost a longer scavenge (ADR 0001). It must not end a connection.
 */
export interface Placed {
  /** For the list's own use. */
  place: number;
}

export class OpenConnections<Connection extends Placed> {
  readonly #list: Connection[] = [];

  get size(): number {
    return this.#list.length;
  }

  add(connection: Connection): void {
    connection.place = this.#list.push(connection) - 1;
  }

  /** Of one that was added and not deleted yet; the last one takes its place. */
  delete(connection: Connection): void {
    const last = this.#list.pop();
    if (last === undefined || last === connection) return;
    this.#list[connection.place] = last;
    last.place = connection.place;
  }

  /** From the last to the first, so that a visit may delete what it visits. */
  *[Symbol.iterator](): Generator<Connection> {
    for (let i = this.#list.length - 1; i >= 0; i--) {
      const connection = this.#list[i];
      if (connection !== undefined) yield connection;
    }
  }
}
