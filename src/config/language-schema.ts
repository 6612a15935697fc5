/**
 * What a language file holds: every word of the block page and of the proxy's own responses. Each key is required, each text bounded,
 * and each placeholder known: a page must not show braces. It must not read a file (languages.ts).
 */
import { field, mapping } from '../lib/shape.ts';
import { oneOf } from './fields.ts';
import { OPERATOR } from './language-types.ts';
import { describe, shown } from './quantities.ts';
import * as forms from './value-forms.ts';

const MAX_TEXT = 500;

const phrase = (max = MAX_TEXT) =>
  field(
    (value) => phraseOf(value, max, false),
    () => forms.textForm(max),
  );
/** In which the operator is named. */
const phraseWithOperator = () =>
  field(
    (value) => phraseOf(value, MAX_TEXT, true),
    () => forms.textForm(MAX_TEXT),
  );

const explained = mapping({ heading: phrase(200), words: phrase() });

export const languageSchema = mapping({
  name: phrase(100),
  direction: oneOf('ltr', 'rtl'),
  operator: phrase(100),
  block: mapping({
    title: phrase(200),
    heading: mapping({ 403: phrase(200), 451: phrase(200) }),
    reason: mapping({ 403: phraseWithOperator(), 451: phraseWithOperator() }),
    automatic: phrase(),
    mistake: phrase(200),
    appeal: phrase(),
    contact: phrase(),
    askOperator: phraseWithOperator(),
    help: phrase(200),
    helpLead: phrase(),
    report: phrase(200),
    reportLead: phrase(),
  }),
  responses: mapping({
    todo: phrase(200),
    goesOn: phrase(200),
    tell: phraseWithOperator(),
    contact: phrase(),
    code: phrase(100),
    fault: mapping({
      request: phrase(),
      site: phrase(),
      network: phraseWithOperator(),
      rule: phraseWithOperator(),
    }),
    advice: mapping({
      again: phrase(),
      address: phrase(),
      shorter: phrase(),
      cookies: phrase(),
      browser: phrase(),
      settings: phrase(),
      local: phrase(),
    }),
    kinds: mapping({
      bad_request: explained,
      client_denied: explained,
      destination_denied: explained,
      port_denied: explained,
      uri_too_long: explained,
      header_too_large: explained,
      not_implemented: explained,
      dns_error: explained,
      dns_failed: explained,
      connection_refused: explained,
      connection_terminated: explained,
      bad_response: explained,
      overloaded: explained,
      dns_timeout: explained,
      connection_timeout: explained,
      response_timeout: explained,
      version_not_supported: explained,
      loop: explained,
    }),
  }),
});

type Read = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: string };

function phraseOf(value: unknown, max: number, namesOperator: boolean): Read {
  if (typeof value !== 'string' || value.trim() === '' || value.length > max)
    return { ok: false, reason: `must be a text of 1 to ${max} characters, not ${describe(value)}` };
  if (/\p{Cc}/u.test(value.replaceAll('\n', ' '))) return { ok: false, reason: 'must not hold control characters' };
  const rest = namesOperator ? value.replaceAll(OPERATOR, '') : value;
  const [brace] = /\{[^{}]*\}?|\}/.exec(rest) ?? [];
  const known = namesOperator ? OPERATOR : 'none';
  if (brace !== undefined)
    return { ok: false, reason: `'${shown(brace)}' stands for nothing here; known placeholders: ${known}` };
  if (namesOperator && !value.includes(OPERATOR)) return { ok: false, reason: `must hold ${OPERATOR}` };
  return { ok: true, value: value.trim().replaceAll(/[ \n]+/g, ' ') };
}
