import { SignalHub } from '../../src/abort.ts';
import { uncertain } from '../../src/charging.ts';
import type { Call, CallSettings, End, Leased, PartsAnswer, Routed, Target, WholeAnswer } from '../../src/call.ts';
import type { ChatChunk } from '../../src/chat/chunk.ts';
import type { ChatCompletion } from '../../src/chat/reply.ts';
import type { Clock } from '../../src/clock.ts';
import { Deadline } from '../../src/deadline.ts';
import { AttemptError, type FailureClass, type Verdict } from '../../src/failure.ts';
import type { Lease, LeaseEnd, Throttled } from '../../src/pool/lease.ts';
import type { Protocol, Provider } from '../../src/providers/provider.ts';
import type { AttemptReport } from '../../src/report.ts';
import { openai } from '../../src/providers/openai/openai.ts';
import { Trace } from '../../src/trace.ts';
import type { WireRequest } from '../../src/wire/types.ts';

/** One for all calls, as in a client: a signal that many calls share has one listener. */
const hub = new SignalHub();

const unused = (): never => {
  throw new Error('Cannot answer as this protocol is a fake');
};

const fakeRequest: WireRequest = { method: 'POST', url: 'https://openai.test/v1', headers: {}, body: undefined };

/** A protocol for layers that never speak it. */
const fakeProtocol: Protocol = {
  name: 'openai',
  auth: openai.auth,
  capabilities: openai.capabilities,
  encode: () => fakeRequest,
  decodeWhole: unused,
  startStream: unused,
  classify: unused,
  readLimits: unused,
  readIds: unused,
  estimate: unused,
};

function fakeProvider(name = 'openai'): Provider {
  return {
    name,
    protocol: fakeProtocol,
    baseURL: `https://${name}.test/v1`,
    headers: {},
    query: {},
    keyless: false,
    auth: openai.auth,
    capabilities: openai.capabilities,
    charging: uncertain,
    rules: [],
  };
}

/** `fakeTarget('openai/gpt')`: the route has the same name. */
function fakeTarget(name = 'openai/gpt'): Target {
  const [provider = '', model = ''] = name.split('/');
  return { provider: fakeProvider(provider), model, route: name };
}

export interface FakeCallOptions {
  readonly clock: Clock;
  readonly targets?: readonly string[];
  readonly signal?: AbortSignal;
  /** Default: no end, so that no timer starts. */
  readonly timeoutMs?: number;
  readonly startBy?: number;
  readonly stream?: boolean;
  readonly settings?: Partial<CallSettings>;
}

const SETTINGS: CallSettings = {
  attemptTimeoutMs: 600_000,
  maxWaitMs: 60_000,
  cache: { mode: 'off', ttlMs: 0 },
  priority: 0,
  tenant: undefined,
  affinity: undefined,
  groups: undefined,
  keys: undefined,
  hedgeAfterMs: Infinity,
  resume: false,
};

export function fakeCall(options: FakeCallOptions): Call {
  const { clock, targets = ['openai/gpt'], signal, timeoutMs = Infinity, startBy = Infinity } = options;
  return {
    id: 'call-1',
    asked: { operation: 'chat', request: { model: 'fake', messages: [{ role: 'user', content: 'Hi' }] } },
    stream: options.stream ?? false,
    targets: targets.map(fakeTarget),
    settings: { ...SETTINGS, ...options.settings },
    deadline: new Deadline(clock, hub, { signal, timeoutMs }),
    refusedBy: new Set(),
    trace: new Trace('call-1', clock.now(), {}, { operation: 'chat', requested: 'openai/m', stream: false, tenant: undefined }),
    onEvent: undefined,
    startBy,
  };
}

/** A call at its first target. */
export function fakeRouted(options: FakeCallOptions): Routed {
  const call = fakeCall(options);
  return { ...call, target: call.targets[0] ?? fakeTarget() };
}

/** A lease that notes how it ended. */
export interface FakeLease extends Lease {
  readonly ends: readonly LeaseEnd[];
}

function fakeLease(throttled?: Partial<Throttled>): FakeLease {
  const ends: LeaseEnd[] = [];
  return {
    keyId: 'key-1',
    credential: 'key-1',
    groupId: throttled?.group ?? 'group-1',
    secret: undefined,
    siblings: () => [],
    why: 'the only key',
    waitedMs: 0,
    throttled: throttled && { group: 'group-1', concurrency: undefined, minTimeMs: undefined, ...throttled },
    sent: () => {},
    heard: () => {},
    settle: (end) => void ends.push(end),
    ends,
  };
}

/** A call that has its lease; `throttled` makes its group a limited one. */
export function fakeLeased(options: FakeCallOptions & { readonly throttled?: Partial<Throttled> }): Leased {
  return {
    ...fakeRouted(options),
    lease: fakeLease(options.throttled),
    request: fakeRequest,
    attempt: {},
  };
}

const fakeCompletion: ChatCompletion = {
  id: 'reply-1',
  object: 'chat.completion',
  created: 0,
  model: 'fake',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
};

/** A whole answer that is complete at once. */
export function fakeWhole(end: End = { status: 'complete' }): WholeAnswer {
  return { kind: 'whole', whole: fakeCompletion, done: Promise.resolve(end) };
}

/** A stream of no chunks that ends when the test says so. */
export interface FakeStream {
  readonly answer: PartsAnswer;
  end(end?: End): void;
}

export function fakeStream(): FakeStream {
  let end: (end: End) => void = () => {};
  const done = new Promise<End>((resolve) => (end = resolve));
  async function* noParts(): AsyncGenerator<ChatChunk, undefined, undefined> {}
  return {
    answer: { kind: 'parts', parts: noParts(), done, collected: () => fakeCompletion },
    end: (how = { status: 'complete' }) => end(how),
  };
}

const LIMITS: readonly FailureClass[] = ['rate_limited', 'quota_exhausted', 'model_unavailable'];

export function fakeVerdict(failure: FailureClass, more: Partial<Verdict> = {}): Verdict {
  const scope = LIMITS.includes(failure) ? 'group' : 'route';
  return { class: failure, scope, perModel: true, definitive: false, why: `the test said ${failure}`, ...more };
}

/** A failed attempt as the transport throws it. */
export function fakeFailure(
  failure: FailureClass,
  more: Partial<Verdict> & { readonly reached?: boolean; readonly cause?: unknown } = {},
): AttemptError {
  const { reached = true, cause, ...verdict } = more;
  return new AttemptError(fakeVerdict(failure, verdict), { reached, cause });
}

/** Notes an attempt, as `rotate` does. */
export function noteAttempt(call: Routed, failure: 'ok' | FailureClass = 'ok', more: Partial<AttemptReport> = {}): void {
  const { provider, model } = call.target;
  call.trace.attempts.push({
    provider: provider.name,
    model,
    key: 'key-1',
    group: 'group-1',
    startedAt: 0,
    durationMs: 0,
    waitedMs: 0,
    class: failure,
    action: failure === 'ok' ? 'answer' : 'reject',
    why: 'the only key',
    ...more,
  });
}
