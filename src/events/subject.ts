/** Whom an event is about. */

/** The identity a payload names: its `name`, or of a merge the one that is merged away; null where it names none. */
export function subjectOf(payload: object): string | null {
  const { name, from } = payload as { readonly name?: unknown; readonly from?: unknown };
  const subject = name ?? from;
  return typeof subject === 'string' ? subject : null;
}
