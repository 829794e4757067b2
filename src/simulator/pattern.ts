/** True when a name is one of the patterns, in which `*` stands for any text. No list matches every name. */
export function matchesAny(patterns: readonly string[] | undefined, name: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, name));
}

/** True when a name is what a pattern says; `*` stands for any text. */
export function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === name;
  if (!name.startsWith(head)) return false;
  let from = head.length;
  // The earliest place of each part leaves the most room for the next one.
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - from >= tail.length && name.endsWith(tail);
}
