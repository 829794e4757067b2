/** The built package, and what it is built on. What is measured has the types of its sources. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Keywheel from '../../src/index.ts';

export async function loadKeywheel(dist: string): Promise<typeof Keywheel> {
  return (await import(pathToFileURL(`${dist}/index.js`).href)) as typeof Keywheel;
}

/** A dependency of keywheel as keywheel gets it: the peers bring others of the same name. */
export async function loadOwn<Module>(dist: string, name: string): Promise<Module> {
  return (await import(urlOfOwn(dist, name))) as Module;
}

export const urlOfOwn = (dist: string, name: string): string => pathToFileURL(createRequire(`${dist}/index.js`).resolve(name)).href;
