/** `2026-03-01 12:00:01.234 (12.500000 s)`: local time, and seconds on the kernel's clock as dmesg has them. */
export function momentWords(time: number, wall: (time: number) => number): string {
  const kernel = `${Number.isFinite(time) ? time.toFixed(6) : '?'} s`;
  const date = new Date(wall(time));
  if (Number.isNaN(date.getTime())) return kernel;
  const two = (n: number, width = 2) => String(n).padStart(width, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}.${two(date.getMilliseconds(), 3)} (${kernel})`;
}
