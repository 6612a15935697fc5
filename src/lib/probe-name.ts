/**
 * The name by which the guard asks a DNS listener whether it lives.
 * The front answers it itself; resolvers say that there is no such name (RFC 6761 §6.4).
 * It must not be a name that somebody could list.
 */
export const PROBE_NAME = 'guard.cleanfeed.invalid';
