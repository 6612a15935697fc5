/**
 * The words of the block page in both languages. They speak of a list, never of what is on it or of what was asked for:
 * the same words for every entry. What a list is about, the operator says in `page.reason`.
 */
import type { PageConfig } from '../config/types.ts';
import type { Language } from './negotiate.ts';

export interface Wording {
  /** The language's own name, for the link to its half of the page. */
  readonly language: string;
  readonly title: string;
  readonly heading: { readonly 403: string; readonly 451: string };
  /** Where the operator gave no reason. */
  readonly reason: { readonly 403: (operator: string) => string; readonly 451: (operator: string) => string };
  readonly automatic: string;
  readonly mistake: string;
  readonly appeal: string;
  readonly contact: string;
  /** Where neither appeal nor contact is configured. */
  readonly askOperator: (operator: string) => string;
  readonly help: string;
  readonly helpLead: string;
  readonly report: string;
  readonly reportLead: string;
}

export const WORDING: Readonly<Record<Language, Wording>> = {
  en: {
    language: 'English',
    title: 'Access refused',
    heading: { 403: 'Access to this address is refused', 451: 'Access to this address is refused for legal reasons' },
    reason: {
      403: (operator) => `This address is on a list of addresses to which ${operator} refuses access.`,
      451: (operator) =>
        `This address is on a list of addresses to which ${operator} must refuse access by law or by order of a court.`,
    },
    automatic: 'The filter decides automatically and keeps no record of who asked.',
    mistake: 'If you think this is a mistake',
    appeal: 'You can ask for the decision to be reviewed:',
    contact: 'Questions about the filter:',
    askOperator: (operator) => `Please get in touch with ${operator}.`,
    help: 'Help',
    helpLead: 'If you need help or someone to talk to:',
    report: 'Reporting',
    reportLead: 'You can report illegal content to:',
  },
  fr: {
    language: 'Français',
    title: 'Accès refusé',
    heading: {
      403: 'L’accès à cette adresse est refusé',
      451: 'L’accès à cette adresse est refusé pour des raisons légales',
    },
    reason: {
      403: (operator) => `Cette adresse figure sur une liste d’adresses dont l’accès est refusé (${operator}).`,
      451: (operator) =>
        `Cette adresse figure sur une liste d’adresses dont l’accès doit être refusé en vertu de la loi ou d’une décision de justice (${operator}).`,
    },
    automatic: 'Le filtre décide automatiquement et n’enregistre pas qui a fait la demande.',
    mistake: 'Si vous pensez qu’il s’agit d’une erreur',
    appeal: 'Vous pouvez demander que la décision soit réexaminée\u00a0:',
    contact: 'Questions sur le filtre\u00a0:',
    askOperator: (operator) => `Veuillez communiquer avec ${operator}.`,
    help: 'Aide',
    helpLead: 'Si vous avez besoin d’aide ou de parler à quelqu’un\u00a0:',
    report: 'Signalement',
    reportLead: 'Vous pouvez signaler un contenu illégal à\u00a0:',
  },
};

export interface PageContent {
  readonly status: 403 | 451;
  readonly page: PageConfig;
}

export function reasonText({ status, page }: PageContent, language: Language): string {
  return page.reason[language] ?? WORDING[language].reason[status](page.operator[language]);
}

/** What people read and copy: a mail address without its scheme, a web address without anything taken away. */
export function readableUrl(url: string): string {
  return url.toLowerCase().startsWith('mailto:') ? (url.slice('mailto:'.length).split('?', 1)[0] ?? '') : url;
}
