/**
 * Where in the text the keys and values of a YAML tree stand, and which keys stand there twice. Each mapping is gone through
 * once, however many places are asked for: a file may have as many faults as keys. It must not judge what stands there.
 */
import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { KeyPath } from './diagnostic.ts';

export class YamlPlaces {
  readonly #document: Document.Parsed;
  readonly #pairs = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  /** What each alias stands for; null until somebody asks. */
  #targets: ReadonlyMap<Alias, Node> | null = null;

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  /** Offset of the value at `path`, or of the nearest part of the way that exists. */
  value(path: KeyPath): number {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const part of path) {
      const container = this.#behindAlias(node);
      const pair = isMap(container) ? this.#pairOf(container, part) : undefined;
      const next = isSeq(container) && typeof part === 'number' ? container.items[part] : pair?.value;
      // `key:` without a value: the key is the place.
      offset = startOf(next) ?? startOf(pair?.key) ?? offset;
      if (next === undefined || next === null) break;
      node = next;
    }
    return offset;
  }

  /** Offset of the last key of `path` itself. */
  key(path: KeyPath): number {
    let node: unknown = this.#document.contents;
    for (const part of path.slice(0, -1)) node = this.#under(node, part);
    const container = this.#behindAlias(node);
    const pair = isMap(container) ? this.#pairOf(container, path.at(-1) ?? '') : undefined;
    return startOf(pair?.key) ?? this.value(path);
  }

  /** Each key that its mapping has already, with its offset. */
  *repeatedKeys(): Generator<{ readonly key: string; readonly offset: number }> {
    const waiting: unknown[] = [this.#document.contents];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (isSeq(node)) for (const item of node.items) waiting.push(item ?? null);
      if (!isMap(node)) continue;
      const seen = new Set<string>();
      for (const { key, value } of node.items) {
        const name = keyOf(key);
        if (name !== null && seen.has(name)) yield { key: name, offset: startOf(key) ?? 0 };
        if (name !== null) seen.add(name);
        waiting.push(value ?? null);
      }
    }
  }

  /** Offset of the first alias whose anchor does not come before it; null if there is none. */
  aliasOfNothing(): number | null {
    const anchors = new Set<string>();
    let found: number | null = null;
    visit(this.#document, {
      Node: (_, node) => {
        if (!isAlias(node)) return void (node.anchor !== undefined && anchors.add(node.anchor));
        if (anchors.has(node.source)) return undefined;
        found = offsetOf(node);
        return visit.BREAK;
      },
    });
    return found;
  }

  /** The alias with which there are more than may be; null: there are no more. */
  aliasTooMany(most: number): number | null {
    const [alias] = [...this.#ofAliases.keys()].slice(most);
    return alias === undefined ? null : offsetOf(alias);
  }

  /** The first alias that stands for something it is in; null: there is none. */
  endlessAlias(): number | null {
    const { endless } = this.#sizes();
    return endless === null ? null : offsetOf(endless);
  }

  /** The alias with which there are more nodes than may be, where each alias counts as what it stands for; null: there are no more. None may be endless. */
  aliasTooLarge(most: number): number | null {
    const { sizeOf } = this.#sizes();
    if (sizeOf(this.#document.contents) <= most) return null;
    let total = 0;
    let last: Alias | null = null;
    for (const alias of this.#ofAliases.keys()) {
      last = alias;
      total += sizeOf(alias);
      if (total > most) break;
    }
    return last === null ? null : offsetOf(last);
  }

  /** In the order of the file: what an alias stands for has been seen before it. `endless`: the first alias that stands for what it is in. */
  #sizes(): { readonly sizeOf: (node: unknown) => number; readonly endless: Alias | null } {
    const sizes = new Map<unknown, number>();
    const open = new Set<unknown>();
    let endless: Alias | null = null;
    const sizeOf = (node: unknown): number => {
      const known = sizes.get(node);
      if (known !== undefined) return known;
      if (!isCollection(node) && !isAlias(node)) return 1;
      open.add(node);
      let size = 1;
      if (isAlias(node)) {
        const target = this.#behindAlias(node);
        if (open.has(target)) endless ??= node;
        else size += sizeOf(target);
      } else if (isSeq(node)) for (const item of node.items) size += sizeOf(item);
      else if (isMap(node)) for (const { key, value } of node.items) size += sizeOf(key) + sizeOf(value);
      open.delete(node);
      sizes.set(node, size);
      return size;
    };
    sizeOf(this.#document.contents);
    return { sizeOf, endless };
  }

  #under(node: unknown, part: string | number): unknown {
    const container = this.#behindAlias(node);
    if (isSeq(container)) return typeof part === 'number' ? container.items[part] : undefined;
    return isMap(container) ? this.#pairOf(container, part)?.value : undefined;
  }

  /** @returns undefined for an alias of nothing. */
  #behindAlias(node: unknown): unknown {
    return isAlias(node) ? this.#ofAliases.get(node) : node;
  }

  get #ofAliases(): ReadonlyMap<Alias, Node> {
    return (this.#targets ??= targetsIn(this.#document));
  }

  #pairOf(map: YAMLMap, key: string | number): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) this.#pairs.set(map, (pairs = firstPairs(map)));
    return pairs.get(String(key));
  }
}

/** In one way through the tree, whose aliases may be as many as its nodes: each stands for the last node before it that has its name. */
function targetsIn(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      const target = isAlias(node) ? anchors.get(node.source) : undefined;
      if (isAlias(node)) {
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function offsetOf(alias: Alias): number {
  return alias.range?.[0] ?? 0;
}

function firstPairs(map: YAMLMap): ReadonlyMap<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const pair of map.items) {
    const name = keyOf(pair.key);
    if (name !== null && !pairs.has(name)) pairs.set(name, pair);
  }
  return pairs;
}

function keyOf(key: unknown): string | null {
  return isScalar(key) ? String(key.value) : null;
}

function startOf(node: unknown): number | undefined {
  if (!(isMap(node) || isSeq(node) || isScalar(node) || isAlias(node))) return undefined;
  // A scalar that is not in the text (`key:`) has an empty range after the colon.
  if (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]) return undefined;
  return node.range?.[0];
}
