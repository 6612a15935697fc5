/** Who signs what a publisher says. Nothing else stands here: the command line names the roles, and loads no more than that for it. */

/** `approval` is none of TUF's: its keys sign change sets, never metadata. */
export const ROLES = ['root', 'targets', 'snapshot', 'timestamp', 'withdrawn', 'log', 'approval'] as const;
export type Role = (typeof ROLES)[number];

/** Roles whose metadata expires. */
export type SignedRole = Exclude<Role, 'approval'>;
