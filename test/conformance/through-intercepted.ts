/**
 * Targets of all origins, and the odd heads, through a real `serve` that intercepts (intercepting.ts): what the run concludes in-process is
 * what such a filter does, and no listed content comes back. The filters share out what there is, each kind of target to every one,
 * those of all origins in turns, until all are asked or the time is over.
 */
import type { Campaign, Sample } from './campaign.ts';
import { isPassed } from './filter.ts';
import type { ListTexts } from './filter.ts';
import { answersIn, converse } from './heads/ask.ts';
import type { HeadCampaign } from './heads/campaign.ts';
import { headListTexts } from './heads/site.ts';
import { headsThrough } from './heads/through-proxy.ts';
import type { HeadProxyCheck, HeadSamples } from './heads/through-proxy.ts';
import type { InterceptingFilter, Interception } from './intercepting.ts';
import { BLOCKED } from './served-lists.ts';
import { isListed } from './site.ts';
import { didOtherwise } from './through-proxy.ts';
import type { Did, ProxyCheck } from './through-proxy.ts';

export interface InterceptedCheck extends ProxyCheck {
  /** `a transparent filter`. */
  readonly name: string;
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
const PATIENCE_MS = 60_000;
/** Of bytes that are held nothing comes back. */
const HEAD_PATIENCE_MS = 1000;

/** One filter after the other. `seconds`: for the targets of all. */
export async function throughIntercepted(
  asked: Asked,
  texts: ListTexts,
  seconds: number,
  interceptions: readonly Interception[],
): Promise<readonly InterceptedCheck[]> {
  const heads = headListTexts();
  const lists = { block: texts.block + heads.block, allow: texts.allow + heads.allow };
  const ports = [...asked.campaigns, ...asked.headCampaigns].map(({ port }) => port);
  const checks: InterceptedCheck[] = [];
  for (const [turn, interception] of interceptions.entries()) {
    await using filter = await interception.create(ports, lists);
    const share = shareOf(asked, turn, interceptions.length);
    const end = performance.now() + (seconds / interceptions.length) * 1000;
    const targets = await askTargets(share.targets, filter, end);
    checks.push({ name: interception.name, ...targets, heads: await askHeads(share.heads, filter) });
  }
  return checks;
}

interface Target {
  readonly campaign: Campaign;
  readonly sample: Sample;
}

/** One of each kind to the first, the next of it to the second: both meet all kinds of all origins. */
function shareOf(
  { campaigns, headCampaigns }: Asked,
  turn: number,
  turns: number,
): { readonly targets: readonly Target[]; readonly heads: readonly HeadSamples[] } {
  const isIts = (index: number, nth: number): boolean => (index + nth) % turns === turn;
  return {
    targets: campaigns.flatMap((campaign, index) =>
      campaign.samples.filter(({ nth }) => isIts(index, nth)).map((sample) => ({ campaign, sample })),
    ),
    heads: headCampaigns.map(({ name, port, samples }, index) => ({
      name,
      port,
      samples: samples.filter((_, nth) => isIts(index, nth)),
    })),
  };
}

async function askHeads(heads: readonly HeadSamples[], filter: InterceptingFilter): Promise<HeadProxyCheck> {
  return await headsThrough(heads, async (port, bytes) => ({
    socket: await filter.connect(port),
    bytes: Buffer.from(bytes, 'latin1'),
    patienceMs: HEAD_PATIENCE_MS,
  }));
}

async function askTargets(
  targets: readonly Target[],
  filter: InterceptingFilter,
  end: number,
): Promise<Omit<InterceptedCheck, 'name' | 'heads'>> {
  const waiting = targets.toSorted((a, b) => b.sample.nth - a.sample.nth);
  const differences: string[] = [];
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      while (performance.now() < end) {
        const next = waiting.pop();
        if (next === undefined) return;
        const difference = await differenceOf(filter, next);
        if (difference !== null) differences.push(difference);
      }
    }),
  );
  return { checked: targets.length - waiting.length, unasked: waiting.length, differences };
}

async function differenceOf(filter: InterceptingFilter, { campaign, sample }: Target): Promise<string | null> {
  const { configuration, host, port } = campaign;
  const { target, judged, served } = sample;
  const request = `GET ${target} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`;
  const received = await converse(await filter.connect(port), Buffer.from(request, 'latin1'), PATIENCE_MS);
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
