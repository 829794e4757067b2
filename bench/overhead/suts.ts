import { openBare } from './bare.ts';
import { openGateway } from './gateway.ts';
import { openKeywheel } from './keywheel.ts';
import { openAiSdk, openLangChain, openOpenAi } from './peers.ts';
import type { OpenSut } from './sut.ts';

/** Limits that never bind: what it costs to count. */
const AMPLE = { rpm: 100_000_000, tpm: 1_000_000_000_000 } as const;

/** By the names of the command line; the first is the yardstick. */
export const SUTS = {
  bare: { title: 'bare `undici.request`', peer: false, open: openBare },
  keywheel: { title: 'keywheel, 10 keys', peer: false, open: openKeywheel({ keys: 10 }) },
  against: { title: 'keywheel, 10 keys, other build', peer: false, open: openKeywheel({ keys: 10, against: true }) },
  told: { title: 'keywheel, 10 keys, headers of limits', peer: false, open: openKeywheel({ keys: 10, told: true }) },
  keys1000: { title: 'keywheel, 1,000 keys', peer: false, open: openKeywheel({ keys: 1_000 }) },
  keys10000: { title: 'keywheel, 10,000 keys', peer: false, open: openKeywheel({ keys: 10_000 }) },
  limits: { title: 'keywheel, 10 keys with `rpm` and `tpm`', peer: false, open: openKeywheel({ keys: 10, limits: AMPLE }) },
  concurrency: {
    title: 'keywheel, 10 keys with `concurrency`',
    peer: false,
    open: openKeywheel({ keys: 10, limits: { concurrency: 64 } }),
  },
  cache: { title: 'keywheel, cache hit', peer: false, open: openKeywheel({ keys: 10, cache: true }) },
  openai: { title: 'openai SDK', peer: true, open: openOpenAi },
  ai: { title: 'AI SDK', peer: true, open: openAiSdk },
  portkey: { title: 'Portkey gateway, both processes', peer: true, open: openGateway },
  langchain: { title: 'LangChain', peer: true, open: openLangChain },
} as const satisfies Record<string, { readonly title: string; readonly peer: boolean; readonly open: OpenSut }>;

export type SutName = keyof typeof SUTS;

export const isSutName = (name: string): name is SutName => Object.hasOwn(SUTS, name);
