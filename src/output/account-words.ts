import { grouped } from '../grouped.js';
/** Whether everything that happened was told, in words for people. @param lost as far as it was counted */
export function accountWords({ complete, lost }: { complete: boolean; lost: number }): string {
  if (complete) return 'nothing was lost';
  return lost === 0 ? 'something was lost, nobody knows how much' : `${grouped(lost)} lost or unreadable`;
}
