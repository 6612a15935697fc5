import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LOCAL_RESPONSES, LocalResponses } from '../../src/block/local-responses.ts';
import type { LocalResponseKind } from '../../src/block/local-responses.ts';
import type { Reader } from '../../src/block/negotiate.ts';
import { SHIPPED } from '../support/languages.ts';
import { OPERATOR_PAGE } from './page-lists.ts';
import { readResponse } from './read-response.ts';

const responses = new LocalResponses({
  pseudonym: 'cf-0123456789ab',
  languages: SHIPPED,
  page: OPERATOR_PAGE,
});
const KINDS = Object.keys(LOCAL_RESPONSES).filter((kind): kind is LocalResponseKind => kind in LOCAL_RESPONSES);
const FULL = { head: false, close: false };

describe('own responses', () => {
  test.each<{ kind: LocalResponseKind; status: number; error: string; closes: boolean }>([
    { kind: 'bad_request', status: 400, error: 'http_request_error', closes: true },
    { kind: 'client_denied', status: 403, error: 'http_request_denied', closes: true },
    { kind: 'destination_denied', status: 403, error: 'destination_ip_prohibited', closes: false },
    { kind: 'port_denied', status: 403, error: 'http_request_denied', closes: false },
    { kind: 'uri_too_long', status: 414, error: 'http_request_error', closes: true },
    { kind: 'header_too_large', status: 431, error: 'http_request_error', closes: true },
    { kind: 'not_implemented', status: 501, error: 'http_request_error', closes: true },
    { kind: 'dns_error', status: 502, error: 'dns_error', closes: false },
    { kind: 'dns_failed', status: 502, error: 'dns_error', closes: false },
    { kind: 'connection_refused', status: 502, error: 'connection_refused', closes: false },
    { kind: 'connection_terminated', status: 502, error: 'connection_terminated', closes: false },
    { kind: 'bad_response', status: 502, error: 'http_protocol_error', closes: false },
    { kind: 'overloaded', status: 503, error: 'connection_limit_reached', closes: true },
    { kind: 'dns_timeout', status: 504, error: 'dns_timeout', closes: false },
    { kind: 'connection_timeout', status: 504, error: 'connection_timeout', closes: false },
    { kind: 'response_timeout', status: 504, error: 'http_response_timeout', closes: false },
    { kind: 'version_not_supported', status: 505, error: 'http_request_error', closes: true },
    { kind: 'loop', status: 508, error: 'proxy_loop_detected', closes: true },
  ])('$kind is $status with $error', ({ kind, status, error, closes }) => {
    const response = readResponse(responses.response(kind, FULL));
    expect(response.status).toMatch(new RegExp(`^HTTP/1.1 ${status} \\w`));
    expect(response.fields.get('proxy-status')).toBe(`cf-0123456789ab; error=${error}`);
    expect(response.fields.get('connection')).toBe(closes ? 'close' : undefined);
    expect(response.fields.get('cache-control')).toBe('no-store');
    expect(response.fields.get('content-type')).toBe('text/plain; charset=utf-8');
    const lines = response.body.split('\n');
    expect(lines[0]).toMatch(/^[A-Z].+\.$/);
    expect(lines.slice(-3)).toEqual(['Réseau Example: help@isp.example', `Code: ${status} ${kind}`, '']);
  });

  test('OPTIONS * is 200 with the methods and no error', () => {
    const response = readResponse(responses.response('options', FULL));
    expect(response.status).toBe('HTTP/1.1 200 OK');
    expect(response.fields.get('allow')).toContain('CONNECT');
    expect(response.fields.has('proxy-status')).toBe(false);
    expect(response.fields.get('content-length')).toBe('0');
  });

  test.each(KINDS)('%s: exact length, no body for HEAD, close where asked', (kind) => {
    const full = readResponse(responses.response(kind, FULL));
    expect(full.fields.get('content-length')).toBe(String(Buffer.byteLength(full.body)));
    expect(readResponse(responses.response(kind, { head: true, close: false }))).toEqual({ ...full, body: '' });
    expect(readResponse(responses.response(kind, { head: false, close: true })).fields.get('connection')).toBe('close');
  });

  test('an answer is built once', () => {
    expect(responses.response('loop', FULL)).toBe(responses.response('loop', FULL));
  });
});

test('the page for the help desk has each code, and who is at fault', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/help-desk.md'), 'utf8');
  for (const kind of KINDS.filter((name) => name !== 'options')) {
    const { status, fault } = LOCAL_RESPONSES[kind];
    expect(guide).toContain(`| \`${status.slice(0, 3)} ${kind}\` | ${fault} |`);
  }
});

describe('own responses for browsers', () => {
  const browser = (acceptLanguage: string | null): { head: boolean; close: boolean; reader: Reader } => ({
    ...FULL,
    reader: { accept: 'text/html,*/*;q=0.8', acceptLanguage },
  });
  const ERRORS = KINDS.filter((kind) => kind !== 'options');

  test.each(ERRORS)(
    '%s: a page in both languages, the one that is asked for first, with the fields of the block page',
    (kind) => {
      for (const tag of ['en', 'fr']) {
        const { fields, body } = readResponse(responses.response(kind, browser(`${tag}-CA`)));
        expect(fields.get('content-type')).toBe('text/html; charset=utf-8');
        expect(fields.get('content-language')).toBe(tag);
        expect(fields.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
        expect(fields.get('cache-control')).toBe('no-store');
        expect(fields.get('vary')).toBe('Accept, Accept-Language');
        expect(fields.get('proxy-status')).toMatch(/^cf-0123456789ab; error=/);
        expect(fields.get('content-length')).toBe(String(Buffer.byteLength(body)));
        expect(body).toContain(`<html lang="${tag}" dir="ltr">`);
        expect(body.match(/<h1 /g)).toHaveLength(1);
        expect(body.match(/help@isp\.example<\/bdi>/g)).toHaveLength(2);
        expect(body).toContain(`<code dir="ltr">${LOCAL_RESPONSES[kind].status.slice(0, 3)} ${kind}</code>`);
        expect(body).not.toMatch(/<(?:script|img|iframe|object|embed|form|base)\b|\bsrc=|@import|url\(|[{}]operator/);
      }
    },
  );

  test('nothing is rendered per request, and nothing of one is in it', () => {
    expect(responses.response('dns_error', browser('fr'))).toBe(
      responses.response('dns_error', browser('fr-FR, x;q=0.1')),
    );
    expect(responses.response('dns_error', browser('"><script>')).toString()).not.toContain('"><script>');
  });

  test('whoever is turned away before anything was read has the text in all languages', () => {
    const { fields, body } = readResponse(responses.denied);
    expect(fields.get('content-language')).toBe('en, fr');
    expect(fields.get('connection')).toBe('close');
    expect(body).toContain('This proxy does not serve your address.');
    expect(body).toContain('Ce serveur mandataire ne dessert pas votre adresse.');
  });

  test('an operator who has not said who he is has a word in each language', () => {
    const { pseudonym, page } = { pseudonym: 'cf-0', page: { ...OPERATOR_PAGE, operator: {}, contact: null } };
    const own = new LocalResponses({ pseudonym, languages: SHIPPED, page });
    const body = readResponse(own.response('loop', browser('fr'))).body;
    expect(body).toContain('<p>Votre fournisseur d’accès Internet</p>');
    expect(body).toContain('l’équipe de soutien (votre fournisseur d’accès Internet)');
  });
});
