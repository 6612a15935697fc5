/**
 * Targets of all origins, and the odd heads, through a real `serve` on a transparent listener (transparent-network.ts): what the run
 * concludes in-process is what such a filter does, and no listed content comes back. Those of all origins in turns, until all are
 * asked or the time is over.
 */
import type { Campaign, Sample } from './campaign.ts';
import { isPassed } from './filter.ts';
import type { ListTexts } from './filter.ts';
import { answersIn, converse } from './heads/ask.ts';
import type { HeadCampaign } from './heads/campaign.ts';
import { headListTexts } from './heads/site.ts';
import { headsThrough } from './heads/through-proxy.ts';
import type { HeadProxyCheck } from './heads/through-proxy.ts';
import { isListed } from './site.ts';
import { didOtherwise } from './through-proxy.ts';
import type { Did, ProxyCheck } from './through-proxy.ts';
import { BLOCKED, TransparentNetwork } from './transparent-network.ts';

export interface TransparentCheck extends ProxyCheck {
  /** Targets that there was no time for. */
  readonly unasked: number;
  readonly heads: HeadProxyCheck;
}

export interface Asked {
  readonly campaigns: readonly Campaign[];
  readonly headCampaigns: readonly HeadCampaign[];
}

/** Connections at a time: programs of one thread are among the origins. */
const SIDE_BY_SIDE = 12;
/** A plain request is always answered, sooner or later. */
const PATIENCE_MS = 20_000;
/** Of bytes that are held nothing comes back. */
const HEAD_PATIENCE_MS = 1000;

export async function throughTransparent(
  { campaigns, headCampaigns }: Asked,
  texts: ListTexts,
  seconds: number,
): Promise<TransparentCheck> {
  const heads = headListTexts();
  const lists = { block: texts.block + heads.block, allow: texts.allow + heads.allow };
  const ports = [...campaigns, ...headCampaigns].map(({ port }) => port);
  await using setup = await TransparentNetwork.create(ports, lists);
  const targets = await askTargets(campaigns, setup, performance.now() + seconds * 1000);
  const toHeads = await headsThrough(headCampaigns, async (port, bytes) => {
    const received = await converse(await setup.connect(port), Buffer.from(bytes, 'latin1'), HEAD_PATIENCE_MS);
    return received.toString('latin1');
  });
  return { ...targets, heads: toHeads };
}

async function askTargets(
  campaigns: readonly Campaign[],
  setup: TransparentNetwork,
  end: number,
): Promise<Omit<TransparentCheck, 'heads'>> {
  const waiting = campaigns
    .flatMap((campaign) => campaign.samples.map((sample) => ({ campaign, sample })))
    .toSorted((a, b) => b.sample.nth - a.sample.nth);
  const all = waiting.length;
  const differences: string[] = [];
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      while (performance.now() < end) {
        const next = waiting.pop();
        if (next === undefined) return;
        const difference = await differenceOf(setup, next.campaign, next.sample);
        if (difference !== null) differences.push(difference);
      }
    }),
  );
  return { checked: all - waiting.length, unasked: waiting.length, differences };
}

async function differenceOf(
  setup: TransparentNetwork,
  { configuration, host, port }: Campaign,
  { target, judged, served }: Sample,
): Promise<string | null> {
  const request = `GET ${target} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`;
  const received = await converse(await setup.connect(port), Buffer.from(request, 'latin1'), PATIENCE_MS);
  const [answer] = answersIn(received);
  if (answer === undefined) return `${configuration.name} ${target}: judged ${judged}, no answer came`;
  const otherwise = didOtherwise(configuration.name, { target, judged }, didOf(answer.status, received));
  if (otherwise !== null) return otherwise;
  // What passes comes as it is; what does not passes in no form.
  const isOther = isPassed(judged) ? answer.served !== null && answer.served !== served : isListed(answer.served);
  return isOther ? `${configuration.name} ${target}: ${served} came as ${String(answer.served)}` : null;
}

function didOf(status: number, received: Buffer): Did {
  if (status === BLOCKED) return 'blocked';
  return status === 400 && /\r\nproxy-status: /i.test(received.toString('latin1')) ? 'refused' : 'passed';
}
