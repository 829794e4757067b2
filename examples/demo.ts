/**
 * `npm run demo`: 300 calls over keys that run out. `npm run demo -- --providers`: one conversation that crosses three providers when
 * the first one's keys run out. Nothing leaves this machine: the providers are keywheel's simulator. Ends with code 0 only if
 * everything was answered.
 */
import process from 'node:process';
import { showPool } from './demo/pool.ts';
import { showProviders } from './demo/providers.ts';

process.exitCode = process.argv.includes('--providers') ? await showProviders() : await showPool();
