/**
 * The only style of the block page, inline: the page loads nothing. Its digest goes into the Content-Security-Policy, so
 * that not even markup in the configuration could bring another. Colours keep a contrast of 7:1 in both schemes (tested).
 * It must not name anything that would be loaded.
 */
import { hash } from 'node:crypto';

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #ffffff; --link: #0b3d91; --line: #8a8a94; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --paper: #16161a; --link: #a9c7ff; --line: #7d7d88; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem; max-width: 42rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; justify-content: space-between; align-items: baseline;
  border-bottom: 1px solid var(--line); padding-bottom: 0.75rem; }
header p { margin: 0; font-weight: 600; }
nav { display: flex; flex-wrap: wrap; gap: 0 1rem; }
nav a { display: inline-block; padding: 0.5rem 0; }
a { color: var(--link); }
h1, h2, h3 { line-height: 1.25; margin: 1.5rem 0 0.5rem; }
h1 { font-size: 1.75rem; }
h2 { font-size: 1.25rem; }
h3 { font-size: 1.0625rem; }
p, ul { margin: 0.5rem 0; }
ul { padding-inline-start: 1.25rem; }
li { padding: 0.25rem 0; }
article + article { border-top: 1px solid var(--line); margin-top: 2rem; }
`;

/** Links are followed, nothing is loaded, framed or sent; `data:` is the empty icon that keeps browsers from asking the site for one. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
