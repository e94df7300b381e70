import type { DropView, LogView } from './view.js';

/** What was made for a view, as long as nothing has changed. */
export interface ShownRows<View, Row> {
  version: number;
  view: View;
  rows: readonly Row[];
}

export function isCurrent<View extends LogView | DropView, Row>(
  shown: ShownRows<View, Row> | null,
  version: number,
  view: View,
): shown is ShownRows<View, Row> {
  if (shown === null || shown.version !== version) return false;
  return Object.entries(view).every(([name, value]) => shown.view[name as keyof View] === value);
}
