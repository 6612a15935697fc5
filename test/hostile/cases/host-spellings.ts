/** Ways to write one host that must not be judged as one and reached as another (requirement 6), by its canonical form. */
/** As bytes, one char each, of the UTF-8 text. */
export const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  'name.example': [
    'name.example',
    'NAME.Example',
    'name.example.',
    'name.example..',
    '.name.example',
    'name..example',
    '%6eame.example',
    '%6E%61%6D%65.example',
    'n%2561me.example',
    'name%2eexample',
    'name.example%2e',
    'name\u3002example',
    'name\uff0eexample',
    '\uff4e\uff41me.example',
    'na\u00adme.example',
  ].map(bytesOf),
  'xn--bcher-kva.example': [
    'xn--bcher-kva.example',
    'XN--BCHER-KVA.EXAMPLE',
    'b\u00fccher.example',
    'B\u00dcCHER.EXAMPLE',
    'b%c3%bccher.example',
    'b%C3%BCcher.example',
    'bu\u0308cher.example',
  ].map(bytesOf),
  '127.0.0.7': [
    '127.0.0.7',
    '127.7',
    '127.0.7',
    '2130706439',
    '0x7f000007',
    '0X7F.7',
    '0177.0.0.07',
    '017700000007',
    '0x7f.0x0.0x0.0x7',
    '127.0.0.7.',
    '%31%32%37.0.0.7',
    '%2531%32%37.0.0.7',
    '127.0.0.0x7',
    '\uff11\uff12\uff17.0.0.7',
    '[::ffff:127.0.0.7]',
    '[::FFFF:7f00:7]',
    '[0:0:0:0:0:ffff:7f00:0007]',
    '[0:0:0:0:0:ffff:127.0.0.7]',
    '[64:ff9b::127.0.0.7]',
    '[64:ff9b::7f00:7]',
  ].map(bytesOf),
};
/** Of 2001:db8::7. */
export const IPV6_SPELLINGS: readonly string[] = [
  '[2001:db8::7]',
  '[2001:DB8:0:0::7]',
  '[2001:0db8:0000:0000:0000:0000:0000:0007]',
  '[2001:db8::0.0.0.7]',
  '[%32001:db8::7]',
];

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
