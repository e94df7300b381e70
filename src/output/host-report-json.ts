import type { HostReport } from '../model/host-report.js';
import { jsonText } from './escape.js';

/** Version of the document; fields may be added under the same one. */
export const HOST_REPORT_VERSION = 1;

/** The report as one JSON document, as `kwho schema doctor` describes it. */
export function hostReportJson(report: HostReport): string {
  const document = { v: HOST_REPORT_VERSION, type: 'host-report', ...report };
  return `${JSON.stringify(document, inUnicode, 2)}\n`;
}

function inUnicode(_: string, value: unknown): unknown {
  return typeof value === 'string' ? jsonText(value) : value;
}
