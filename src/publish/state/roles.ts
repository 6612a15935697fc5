/** Who signs what a publisher says. Nothing else stands here: the command line names the roles, and loads no more than that for it. */

/** Roles whose metadata expires. */
export const SIGNED_ROLES = ['root', 'targets', 'snapshot', 'timestamp', 'withdrawn', 'log'] as const;
export type SignedRole = (typeof SIGNED_ROLES)[number];

/** `approval` is none of TUF's: its keys sign change sets, never metadata. */
export const ROLES = [...SIGNED_ROLES, 'approval'] as const;
export type Role = (typeof ROLES)[number];
