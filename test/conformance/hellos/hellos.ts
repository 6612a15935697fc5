/** The search for hellos that a server answers with the certificate of a listed name, and that get through the filter: servers, ways, campaigns. */
import { programPath } from '../../support/program-path.ts';
import { Resources } from '../../support/resources.ts';
import { needsOf, startTlsServer, type TlsServerName } from '../../support/tls-servers.ts';
import { HelloCampaign, type HelloCampaignOptions } from './campaign.ts';
import { LISTED, OTHER } from './generator.ts';
import { openWays } from './ways.ts';

export interface HelloSearch extends Pick<HelloCampaignOptions, 'seed' | 'count' | 'isOver' | 'onlyPassing'> {
  readonly kinds: readonly TlsServerName[];
}

export interface HelloReport {
  readonly campaigns: readonly HelloCampaign[];
  /** Why nothing went through a transparent listener; null: it did. */
  readonly missing: string | null;
}

/** @returns what has to be installed for a server and is not */
export function missingFor(kind: TlsServerName): readonly string[] {
  return needsOf(kind).filter((name) => programPath(name) === null);
}

export async function searchHellos({ kinds, ...options }: HelloSearch): Promise<HelloReport> {
  const resources = new Resources();
  try {
    const servers = [];
    for (const kind of kinds) servers.push({ kind, ...resources.use(await startTlsServer(kind, LISTED, OTHER)) });
    const { ways, missing } = resources.use(await openWays(servers.map(({ port }) => port)));
    const campaigns = servers.map(({ kind, port }) => new HelloCampaign(kind, port, { ...options, ways }));
    await Promise.all(campaigns.map(async (campaign) => await campaign.run()));
    return { campaigns, missing };
  } finally {
    await resources.end();
  }
}

/** A line for each server. */
export function tableOf({ campaigns }: HelloReport): string {
  return campaigns
    .map(({ kind, drawn, asked, retries, listed, listedRetries, through, silent, failures, asksAgain }) =>
      [
        kind.padEnd(12),
        `${drawn} hellos, ${asked} sent (${asksAgain ? `${retries} behind a HelloRetryRequest` : 'it asks for no other key'})`,
        `${listed} listed (${listedRetries})`,
        `${through} through`,
        `${silent} silent`,
        `${failures.length} got through\n`,
      ].join('  '),
    )
    .join('');
}
