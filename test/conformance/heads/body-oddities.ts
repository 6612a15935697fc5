/** Pieces of bodies and of the fields that frame them. */
import { pieces } from './oddities.ts';

/** N stands for the length of the body. */
export const LENGTHS: readonly string[] = pieces(
  'Content-Length: N¦Content-Length: N¦content-length:N¦Content-Length: 0N¦Content-Length: +N',
  'Content-Length: -N¦Content-Length: N, N¦Content-Length: N;¦Content-Length : N',
  'Content-Length\t:N¦ Content-Length: N¦Content-Length: 0xN',
  'Content-Length: N\r\nContent-Length: N¦Content-Length: N\r\nContent-Length: 0',
  'Content-Length: 0\r\nContent-Length: N¦Content-Length:\r\n N¦Content-Length: N\r\n 0',
  'Content-Length: N\v¦Content-Length: N\0¦Content_Length: N¦Content-Length: N.0',
  'Content-Length: N 0¦Content-Length: \xa0N¦Content-Length¦Content-Length:',
  'Content-Length: 18446744073709551616¦Content-Length: 99999999999999999999999N',
  'X: y\nContent-Length: N¦X: y\rContent-Length: N¦X: y\vContent-Length: N',
  'X: y\x85Content-Length: N¦foo\r\nContent-Length: N¦"Content-Length": N¦Content-Length: 0',
  'Content-Length: 1¦Content-Length: 4¦Content-Length: \xb2',
);

export const CODINGS: readonly string[] = pieces(
  'Transfer-Encoding: chunked¦Transfer-Encoding:chunked¦Transfer-Encoding: Chunked',
  'Transfer-Encoding:Chunked¦Transfer-Encoding:  chunked ¦Transfer-Encoding: chunked ',
  'Transfer-Encoding: \tchunked¦Transfer-Encoding:\tchunked¦Transfer-Encoding: xchunked',
  'Transfer-Encoding:xchunked¦Transfer-Encoding: chunkedx¦Transfer-Encoding:chunkedx',
  'Transfer-Encoding: chunked, identity¦Transfer-Encoding:chunked, identity',
  'Transfer-Encoding: identity, chunked¦Transfer-Encoding:identity, chunked',
  'Transfer-Encoding: identity¦Transfer-Encoding:identity¦Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:gzip, chunked¦Transfer-Encoding: chunked, gzip¦Transfer-Encoding:chunked, gzip',
  'Transfer-Encoding: chunked, chunked¦Transfer-Encoding:chunked, chunked',
  'Transfer-Encoding: chunked;q=1¦Transfer-Encoding:chunked;q=1¦Transfer-Encoding: "chunked"',
  'Transfer-Encoding:"chunked"¦Transfer-Encoding: chunked,¦Transfer-Encoding:chunked,',
  'Transfer-Encoding: ,chunked¦Transfer-Encoding:,chunked¦Transfer-Encoding: \vchunked',
  'Transfer-Encoding:\vchunked¦Transfer-Encoding: chunked\0¦Transfer-Encoding:chunked\0',
  'Transfer-Encoding: chunked\xa0¦Transfer-Encoding:chunked\xa0¦Transfer-Encoding: \r\n chunked',
  'Transfer-Encoding:\r\n chunked¦Transfer-Encoding: chunked\r\n x¦Transfer-Encoding:chunked\r\n x',
  'Transfer-Encoding: chun\r\n ked¦Transfer-Encoding:chun\r\n ked¦Transfer-Encoding: ',
  'Transfer-Encoding:¦Transfer-Encoding: cow¦Transfer-Encoding:cow¦Transfer-Encoding: CHUNKED',
  'Transfer-Encoding:CHUNKED¦Transfer-Encoding : chunked¦Transfer-Encoding\t: chunked',
  ' Transfer-Encoding: chunked¦Transfer_Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked¦X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked¦X: y\vTransfer-Encoding: chunked',
  'foo\r\nTransfer-Encoding: chunked',
);

/** N stands for the size of the chunk in hexadecimal digits. */
export const SIZES: readonly string[] = pieces(
  'N\r\n¦N\r\n¦N\n¦0N\r\n¦0xN\r\n¦+N\r\n¦-N\r\n¦ N\r\n¦N \r\n¦N\t\r\n¦N;a\r\n',
  'N;a=b\r\n¦N ;a\r\n¦N;\r\n¦N;a\n¦N;a\nb\r\n¦N;a\rb\r\n¦N\r¦N\r\r\n¦N\0\r\n',
  'N,\r\n¦N N\r\n¦N_\r\n¦N.0\r\n¦00000000000000000N\r\n¦1000000000000000N\r\n',
  'N;"\r\n"\r\n¦Nx\r\n¦\r\n¦N\v\r\n¦"N"\r\n',
);

/** Behind the data of a chunk. */
export const CHUNK_ENDS: readonly string[] = pieces('\r\n¦\r\n¦\n¦\r¦¦xx¦\r\n\r\n¦ \r\n¦\n\r');

export const LAST_CHUNKS: readonly string[] = pieces(
  '0\r\n\r\n¦0\r\n\r\n¦0\n\n¦0\r\n\n¦0\n\r\n¦00\r\n\r\n¦0;a\r\n\r\n¦0 \r\n\r\n',
  '0\r\nX: y\r\n\r\n¦0\r\nX : y\r\n\r\n¦0\r\nHost: listed.localhost\r\n\r\n¦0\r\n',
  '0\r\nfoo\r\n\r\n¦0\r\n fold\r\n\r\n¦-0\r\n\r\n¦0x0\r\n\r\n¦\r\n\r\n¦0\r\n\rX\r\n\r\n',
  '0\r\nX: y\n\n¦0\r\n\r\r\n¦000000000000000000\r\n\r\n¦0\r\nContent-Length: 5\r\n\r\n',
);
