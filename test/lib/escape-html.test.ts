import { expect, test } from '@jest/globals';
import { escapeHtml } from '../../src/lib/escape-html.ts';

test('nothing begins or ends an element, an attribute or a character reference', () => {
  expect(escapeHtml(`<a href="x">'&amp;' é</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39; é&lt;/a&gt;');
});
