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
  credential: [],
  charging: [],
  failure: [],
  report: ['failure'],
  budget: [],
  trace: ['report'],
  errors: ['failure', 'report', 'printable', 'type budget', 'type chat'],
  events: ['report', 'failure', 'type budget', 'type errors'],
  deadline: ['clock', 'abort', 'errors'],

  // What is said, who serves it, how each provider speaks, and the bytes.
  chat: ['type secret', 'credential', 'errors', 'printable', 'type report'],
  pool: ['type budget', 'charging', 'secret', 'clock', 'abort', 'failure', 'errors', 'events', 'deadline', 'printable', 'type chat'],
  providers: ['charging', 'chat', 'failure', 'errors', 'printable', 'type clock', 'type secret', 'type wire'],
  wire: ['secret', 'clock', 'abort', 'errors', 'failure', 'printable', 'deadline'],

  // One way down.
  call: ['type chat', 'type pool', 'type providers', 'report', 'trace', 'failure', 'deadline', 'type events', 'type wire'],
  transport: ['call', 'chat', 'providers', 'wire', 'type pool', 'errors', 'failure', 'clock', 'deadline', 'abort', 'printable', 'trace'],
  watcher: ['type call', 'type failure', 'type report'],
  layers: [
    'call',
    'chat',
    'pool',
    'transport',
    'providers',
    'errors',
    'type watcher',
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
    'type budget',
    'charging',
    'type call',
    'type chat',
    'type pool',
    'providers',
    'errors',
    'printable',
    'clock',
    'secret',
    'credential',
    'type events',
    'type failure',
    'type layers',
    'type wire',
  ],
  // Who keeps account, and tells: each is told the same facts, and changes nothing of a call.
  usage: [
    'call',
    'report',
    'trace',
    'budget',
    'failure',
    'errors',
    'events',
    'clock',
    'printable',
    // Patterns of models' names.
    'pool',
    'type options',
    'type watcher',
  ],
  metrics: ['call', 'report', 'failure', 'errors', 'printable', 'type pool', 'type watcher'],
  log: ['call', 'report', 'failure', 'errors', 'events', 'clock', 'printable', 'type options', 'type watcher'],
  alerts: ['type budget', 'errors', 'events', 'clock', 'printable', 'type options', 'wire'],

  // The caller's own requests, on their way into the stack and out of it.
  fetch: ['call', 'chat', 'errors', 'failure', 'printable', 'type trace', 'type options', 'providers'],

  // Others' words for a client, over what users hold.
  // Of chat it needs the rules of strict schemas.
  'ai-sdk': ['type client', 'type index', 'errors', 'chat', 'type report', 'type options'],
  otel: ['type client', 'type index', 'type events', 'type report', 'errors', 'printable', 'metrics'],

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
