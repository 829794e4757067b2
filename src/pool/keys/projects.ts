import { sameLimits } from '../quota/limits.ts';
import type { Group, KeyEntry } from './members.ts';

/** Keys that draw on one quota, as answers told. */
export interface SharedProject {
  readonly project: string;
  /** Their group; where they are not united, that of the key that told. */
  readonly group: string;
  readonly keys: readonly string[];
  /** They are one group now; else somebody declared which groups they are in. */
  readonly united: boolean;
}

/**
 * An answer to `key` named its project for the first time; later words change nothing, as a key that moved is one in a thousand and an
 * answer that is wrong is not. Keys whose groups nobody declared become one group when they share a project, as they share its limits.
 * A group that somebody declared stays what it is.
 */
export function learnProject(key: KeyEntry, project: string, now: number): readonly SharedProject[] {
  key.project = project;
  const { group } = key;
  if (!group.declared) {
    // The key took the place of one of another project: what the group knows is that one's.
    if (group.project !== undefined && group.project !== project) return [];
    group.project = project;
  }
  const others = [...group.provider.groups.values()].filter((other) => other !== group && belongs(other, project, group));
  const united = group.declared ? [] : others.filter((other) => !other.declared);
  for (const other of united) unite(key.group, other, now);
  const into = key.group;
  const apart = others.filter((other) => other.declared || group.declared);
  const found: SharedProject[] = [];
  // One that took up what keys before it left behind shares with nobody.
  if (united.length > 0 && into.keys.length > 1) found.push({ project, group: into.id, keys: into.keys.map(({ id }) => id), united: true });
  if (apart.length > 0) found.push({ project, group: into.id, keys: keysOf(project, [into, ...apart]), united: false });
  return found;
}

/** An empty group counts as well, whose keys were exchanged for others: what it learned and has out is the project's. */
function belongs(other: Group, project: string, group: Group): boolean {
  if (other.declared) return other.keys.some((key) => key.project === project);
  return other.project === project && (other.keys.length > 0 || sameLimits(other.limits, group.limits));
}

/** The larger one keeps its name, so that a key more changes none; of two alike the one that was there first. */
export function unite(a: Group, b: Group, now: number): void {
  const first = [...a.provider.groups.values()].find((group) => group === a || group === b);
  const isFirst = a.keys.length === b.keys.length ? first === a : a.keys.length > b.keys.length;
  if (isFirst) a.provider.unite(a, b, now);
  else a.provider.unite(b, a, now);
}

function keysOf(project: string, groups: readonly Group[]): readonly string[] {
  return groups.flatMap((group) => group.keys.filter((key) => key.project === project)).map(({ id }) => id);
}
