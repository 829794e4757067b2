type Version = readonly [major: number, minor: number, patch: number];

/** True when a range of `engines` allows a version. Knows what `engines` fields use: `>= > <= < ^ ~ =`, bare versions, `x`, `*`, `||`. */
export function allows(range: string, version: string): boolean {
  const wanted = toVersion(version.split('.'));
  return range.split('||').some((side) =>
    side
      .trim()
      .replaceAll(/(>=|<=|>|<|\^|~|=)\s+/g, '$1')
      .split(/\s+/)
      .every((comparison) => holds(comparison, wanted)),
  );
}

function holds(comparison: string, version: Version): boolean {
  if (comparison === '' || comparison === '*') return true;
  const match = /^(>=|<=|>|<|\^|~|=)?v?(\d+(?:\.(?:\d+|x))*)$/.exec(comparison);
  if (match?.[2] === undefined) throw new TypeError(`Cannot read the range as a comparison is unknown: ${comparison}`);
  const given = match[2].split('.').filter((part) => part !== 'x');
  const floor = toVersion(given);
  const order = compare(version, floor);
  switch (match[1]) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '<':
      return order < 0;
    case '^':
      return order >= 0 && version[0] === floor[0];
    case '~':
      return order >= 0 && version[0] === floor[0] && (given.length < 2 || version[1] === floor[1]);
    default:
      return given.every((part, index) => Number(part) === version[index]);
  }
}

function toVersion(parts: readonly string[]): Version {
  return [Number(parts[0] ?? 0), Number(parts[1] ?? 0), Number(parts[2] ?? 0)];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
