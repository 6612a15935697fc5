/** The canonical form that people see. */
import type { ByteString } from './host.ts';

export declare function displayUrl(text: ByteString): string | null;
