/**
 * Who may import whom among the rooms of `src/`: `src/clock.ts` is the room `clock`, `src/pool/**` the room `pool`.
 * `'type chat'` allows `import type` alone. A room may always import itself; what is not listed is refused.
 * Architecture is what this table says: change it in a commit that says why.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  // The ground: words and doors that know nobody.
  secret: [],
  clock: [],
  abort: [],
  printable: [],
  charging: [],
  failure: [],
  report: ['failure'],
  trace: ['report'],
  errors: ['failure', 'report', 'printable', 'type chat'],
  events: ['report', 'failure', 'type errors'],
  deadline: ['clock', 'abort', 'errors'],

  // What is said, who serves it, how each provider speaks, and the bytes.
  chat: ['type secret', 'errors', 'printable', 'type report'],
  pool: ['charging', 'secret', 'clock', 'abort', 'failure', 'errors', 'events', 'deadline', 'printable', 'type chat'],
  providers: ['charging', 'chat', 'failure', 'errors', 'printable', 'type clock', 'type secret', 'type wire'],
  wire: ['secret', 'clock', 'abort', 'errors', 'failure', 'printable', 'deadline'],

  // One way down.
  call: ['type chat', 'type pool', 'type providers', 'report', 'trace', 'failure', 'deadline', 'type events', 'type wire'],
  transport: ['call', 'chat', 'providers', 'wire', 'type pool', 'errors', 'failure', 'clock', 'deadline', 'abort', 'printable', 'trace'],
  layers: [
    'call',
    'chat',
    'pool',
    'transport',
    'errors',
    'events',
    'failure',
    'report',
    'trace',
    'clock',
    'deadline',
    'abort',
    'printable',
    'type secret',
  ],

  // What users hold.
  options: [
    'charging',
    'type call',
    'type chat',
    'type pool',
    'providers',
    'errors',
    'printable',
    'clock',
    'secret',
    'type events',
    'type failure',
    'type layers',
    'type wire',
  ],
  // It asks by a function that it is given: a batch knows of calls and their options, not of keys, layers or wires.
  map: ['chat', 'errors', 'printable', 'events', 'type abort', 'type clock', 'type options', 'type report'],
  client: ['everything but simulator'],
  index: ['everything but simulator'],

  // Somebody else's provider: it shares no code with the client but time.
  simulator: ['clock'],
};

/** The only files that may read a secret's text. */
export const MAY_REVEAL = [/^src\/secret\.ts$/, /^src\/wire\//];

/** The only files that may ask for the time, start a timer or draw a number. */
export const MAY_TELL_TIME = [/^src\/clock\.ts$/];
