import type { NoticeEvent } from '../model/events.js';
import { type Check, isNumber, isObject, isOneOf, isText, orNull } from './recorded-shape.js';

type Notice = [code: string, level: NoticeEvent['level'], text: string, more: Partial<NoticeEvent>];

/** The arguments with which a notice was given, as a recording has them. */
export const isNotice: Check<Notice> = (value) => {
  const [code, level, text, more = {}] = value as unknown[];
  const { time, hint, details } = isMore(more);
  return [
    isText(code),
    isLevel(level),
    isText(text),
    { time, hint, ...(details === null ? {} : { details }) },
  ];
};

const isLevel = isOneOf('info', 'warning', 'error');

/** Outputs escape whatever stands in details. */
function isAnything(value: unknown): Record<string, unknown> {
  isObject({})(value);
  return value as Record<string, unknown>;
}

const isMore = isObject({
  time: orNull(isNumber),
  hint: orNull(isText),
  details: orNull(isAnything),
});
