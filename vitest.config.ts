import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const shared = {
  // One process a file: tests count sockets and timers, and what one leaves behind must not be another's.
  pool: 'forks' as const,
  environment: 'node' as const,
  testTimeout: 15_000,
  hookTimeout: 15_000,
  // A mock or a stubbed variable that outlives its test is somebody else's failure.
  restoreMocks: true,
  unstubEnvs: true,
  unstubGlobals: true,
};

export default defineConfig({
  // Tests and examples run from source, by the names that users write.
  resolve: {
    alias: [
      { find: /^keywheel$/, replacement: fromHere('./src/index.ts') },
      { find: /^keywheel\/simulator$/, replacement: fromHere('./src/simulator/index.ts') },
      { find: /^keywheel\/ai-sdk$/, replacement: fromHere('./src/ai-sdk/index.ts') },
      { find: /^keywheel\/otel$/, replacement: fromHere('./src/otel/index.ts') },
    ],
  },
  test: {
    reporters: ['default'],
    projects: [
      // What the library does: `npm run test:nodes` runs this part on every Node line that is supported.
      {
        extends: true,
        test: {
          ...shared,
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: ['test/house/**', 'test/peers/**', '**/node_modules/**', '**/.tmp/**'],
        },
      },
      // What the official SDKs make of the same answers: `npm run test:peers` installs them and runs this part.
      ...(process.env['KEYWHEEL_PEERS'] === '1'
        ? [{ extends: true as const, test: { ...shared, name: 'peers', include: ['test/peers/*.test.ts'], testTimeout: 60_000 } }]
        : []),
      // What the repository promises: architecture, package, documents, examples. Starts programs, so it may take longer.
      { extends: true, test: { ...shared, name: 'house', include: ['test/house/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
});
