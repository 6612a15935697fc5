/**
 * The keys of `log`, in the configurations of the filter and of the relay.
 * It must not choose what `auto` means: the log does, by its environment.
 */
import { mapping } from '../lib/shape.ts';
import { oneOf } from './fields.ts';

export const log = mapping({
  level: oneOf('debug', 'info', 'warn', 'error').prefault('info'),
  format: oneOf('auto', 'json', 'text').prefault('auto'),
});
