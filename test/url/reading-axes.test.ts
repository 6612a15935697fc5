import { expect, test } from '@jest/globals';
import { AXIS, readingName, STAGE } from '../../src/url/reading-axes.ts';

/** The names are what an operator reads: each family, each flag, alone and beside others. */
test.each([
  [STAGE.full, 'as the canonical form has it'],
  [AXIS.params, 'as Tomcat reads it: ;… dropped, decoded fully'],
  [AXIS.params | STAGE.never, 'as Tomcat reads it: ;… dropped, dots left alone'],
  [AXIS.params | AXIS.decoded, 'as Tomcat reads it: ;… dropped from what was decoded in front, decoded fully'],
  [
    AXIS.lettersFirst | STAGE.once,
    'as nghttpx, HAProxy with normalize-uri or hapi reads it: letters and digits decoded first, dots resolved after one decoding',
  ],
  [AXIS.utf16, 'as Jetty reads it: %uNNNN is a character, decoded fully'],
  [AXIS.cutEnd | STAGE.never, 'as CivetWeb or uWSGI reads it: %00 and half an escape end it, dots left alone'],
  [
    AXIS.blankEnd,
    'as Starlette, Pyramid or a location of nginx that ends in $ reads it: blanks at the end are nothing, decoded fully',
  ],
  [
    AXIS.strays,
    'as nginx, told by X-Accel-Redirect or ngx.exec, reads it: decoded again without what starts no escape, decoded fully',
  ],
  [AXIS.script, 'as a program in PHP (Symfony, Laravel, WordPress) reads it: without /index.php, decoded fully'],
  [AXIS.breaks, 'as new URL(decoded path) reads it: tabs and line breaks are nothing, decoded fully'],
  [AXIS.manyDots, 'as Mojolicious or CivetWeb reads it: ... is ., decoded fully'],
  [AXIS.otherCase, 'as IIS, Caddy or Fastify reads it: letters beyond ASCII in their other case, decoded fully'],
  [AXIS.dropped, 'as CodeIgniter 3 or Mongoose reads it: decoded fully, dots taken out'],
  [AXIS.cut, 'as Fastify (up to version 4) reads it: ; begins the query, decoded fully'],
  [
    AXIS.authority | AXIS.params | AXIS.decoded,
    'as Tomcat reads it: ;… dropped, //… is an authority once it is decoded, decoded fully',
  ],
  [AXIS.authority, 'as new URL(target, base) and parse_url reads it: //… is an authority, decoded fully'],
  [STAGE.never, 'as a router that resolves no dots (Express, Go handlers) reads it: dots left alone'],
  [
    STAGE.raw | AXIS.again,
    'as Apache with AllowEncodedSlashes reads it: dots resolved as sent, again after each further decoding',
  ],
  [STAGE.raw, 'as some origins read it: dots resolved as sent'],
  [
    STAGE.rawEscapedDots | AXIS.again,
    'as new URL(target, base), then a file server reads it: dots resolved as sent, %2e too, again after each further decoding',
  ],
  [STAGE.raw | AXIS.unmerged, 'as new URL(target, base) reads it: dots resolved as sent, // not merged'],
  [
    STAGE.rawEscapedDots | AXIS.unmerged,
    'as new URL(target, base) reads it: dots resolved as sent, %2e too, // not merged',
  ],
  [STAGE.once | AXIS.letter, 'as nginx reads it: dots resolved after one decoding, \\ is a letter'],
  [
    STAGE.once | AXIS.letter | AXIS.unmerged,
    'as nginx with merge_slashes off reads it: dots resolved after one decoding, \\ is a letter, // not merged',
  ],
  [STAGE.once, 'as some origins read it: dots resolved after one decoding'],
  [STAGE.twice, 'as some origins read it: dots resolved after two decodings'],
  [STAGE.rawTwiceEscapedDots, 'as some origins read it: dots resolved as sent, %252e too'],
  [STAGE.onceEscapedDots, 'as some origins read it: dots resolved after one decoding, %2e too'],
  [
    STAGE.once | AXIS.escapedLetter | AXIS.mergedLater | AXIS.noSlash,
    'as some origins read it: dots resolved after one decoding, escaped \\ is a letter, // not merged at first, no slash after dots at the end',
  ],
  [AXIS.again, 'as some origins read it: decoded fully, again after each further decoding'],
])('%i: %s', (axes, name) => {
  expect(readingName(axes)).toBe(name);
});
