/**
 * Bytes of one element of a C type as tracefs prints it for arrays (`unsigned long`, `__data_loc u16[]`); 1 for a
 * type whose size a format file cannot tell.
 * @param longSize bytes of the traced kernel's `long`: 8 or 4
 */
export function elementSize(type: string, longSize: number): number {
  let bare = type;
  for (const prefix of ['__data_loc ', '__rel_loc ', 'const ', 'unsigned ', 'signed ']) {
    if (bare.startsWith(prefix)) bare = bare.slice(prefix.length);
  }
  if (bare.endsWith('[]')) bare = bare.slice(0, -2).trim();
  if (bare.endsWith('*') || bare === 'long' || bare === 'size_t') return longSize;
  // `__data_loc cpumask_t` is an array of long (include/trace/stages/stage4_event_fields.h).
  if (bare === 'cpumask_t') return longSize;
  return SIZES.get(bare) ?? 1;
}

const SIZES = new Map<string, number>([
  ...['short', 'u16', 's16', '__u16', '__s16', '__be16', '__le16'].map((type) => [type, 2] as const),
  ...['int', 'u32', 's32', '__u32', '__s32', '__be32', '__le32'].map((type) => [type, 4] as const),
  ...['unsigned', 'pid_t', 'dev_t', 'gfp_t'].map((type) => [type, 4] as const),
  ...['long long', 'u64', 's64', '__u64', '__s64', '__be64', '__le64'].map((type) => [type, 8] as const),
]);
