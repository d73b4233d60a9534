/** How much of the collaboration an agent prefers it has had. "Reasons" in docs/concepts/fair-share.md. */

/** `available` below its preference, `moderate` up to 10 points above it, `busy` from there on. */
export type CollaborationStatus = 'available' | 'moderate' | 'busy';

export const collaborationPreferredDefault = 50;
const moderatePoints = 10;

/** Of the part of an agent's use that was collaboration, and the part it prefers, both in percent. */
export function collaborationStatusOf(percent: number, preferred: number): CollaborationStatus {
  if (percent < preferred) return 'available';
  return percent < preferred + moderatePoints ? 'moderate' : 'busy';
}
