/** The pool of whoever names none; a fresh install has it and no other. `events/scalars.ts` has it as a checked name. */
export const defaultPoolName = 'default';
