/**
 * The plan on the disk: what is announced, held and denied, so that a restart neither forgets a decision nor lets an address that was over its
 * rate back. `routes-<digits>.json` in the state directory; the digits are of the configuration's path, as those of the report. Hosts are keys.
 *
 * It must not decide anything. Total on any text: what is not what it wrote is null.
 */
import { objectOf, parsedJson } from '../../lib/json.ts';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { formatAddress, parseIpAddress } from '../../lib/prefix.ts';
import { isKey } from './host-keys.ts';
import { addOwner, emptyPlan, REVIEW_REASONS, type Owners, type PlanState, type ReviewReason } from './plan-state.ts';

export interface KeptPlan {
  /** Of the host keys. */
  readonly key: string;
  readonly state: PlanState;
}

const VERSION = 1;

/** @param file of the configuration. */
export function planPath(stateDirectory: string, file: string): string {
  const digits = createHash('sha256').update(resolve(file)).digest('hex').slice(0, 12);
  return join(stateDirectory, `routes-${digits}.json`);
}

export function encodePlan({ key, state }: KeptPlan): string {
  const routes = [...state.routes].map(([address, { since, isReleased, owners }]) => ({
    address,
    since,
    isReleased,
    owners: [...owners],
  }));
  const reviews = [...state.reviews].map(([address, { reason, since, owners }]) => ({
    address,
    reason,
    since,
    owners: [...owners],
  }));
  return `${JSON.stringify({ version: VERSION, key, routes, reviews })}\n`;
}

/** @param now no time that was kept lies behind it: the clock may have been set back. */
export function decodePlan(text: string, now: number): KeptPlan | null {
  const kept = objectOf(parsedJson(text));
  if (kept === null || kept['version'] !== VERSION || !isKey(kept['key'])) return null;
  const state = emptyPlan();
  const routes = rowsOf(kept['routes'], now);
  const reviews = rowsOf(kept['reviews'], now);
  if (routes === null || reviews === null) return null;
  for (const { address, since, fields } of routes)
    state.routes.set(address, { since, isReleased: fields['isReleased'] === true, owners: new Map() });
  for (const { address, since, fields } of reviews) {
    const reason = reasonOf(fields['reason']);
    if (reason === null || state.routes.has(address)) return null;
    state.reviews.set(address, { reason, since, owners: new Map() });
  }
  for (const { address, owners } of [...routes, ...reviews])
    for (const [host, at] of owners) addOwner(state, { address, host, at });
  return { key: kept['key'], state };
}

interface Row {
  readonly address: string;
  readonly since: number;
  readonly owners: Owners;
  readonly fields: Readonly<Record<string, unknown>>;
}

function rowsOf(value: unknown, now: number): readonly Row[] | null {
  if (!Array.isArray(value)) return null;
  const rows = value.map((item) => rowOf(item, now));
  return rows.every((row) => row !== null) ? rows : null;
}

function rowOf(value: unknown, now: number): Row | null {
  const fields = objectOf(value);
  if (fields === null || typeof fields['address'] !== 'string' || !isTime(fields['since'])) return null;
  const address = parseIpAddress(fields['address']);
  const owners = ownersOf(fields['owners'], now);
  if (address === null || owners === null) return null;
  return { address: formatAddress(address), since: Math.min(fields['since'], now), owners, fields };
}

function ownersOf(value: unknown, now: number): Owners | null {
  if (!Array.isArray(value)) return null;
  const owners: Owners = new Map();
  for (const pair of value) {
    const parts: readonly unknown[] = Array.isArray(pair) ? pair : [];
    const [host, at] = parts;
    if (typeof host !== 'string' || !isTime(at)) return null;
    owners.set(host, Math.min(at, now));
  }
  return owners;
}

function reasonOf(value: unknown): ReviewReason | null {
  return REVIEW_REASONS.find((reason) => reason === value) ?? null;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
