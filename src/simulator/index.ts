export { startSimulator } from './simulator.ts';
export type { GroupControl, KeyControl, Simulator } from './simulator.ts';
export { createManualClock } from './manual-clock.ts';
export type { ManualClock } from './manual-clock.ts';
export { createRandom } from './random.ts';
export type {
  KeyState,
  SimulatorBucket,
  SimulatorGroup,
  SimulatorKey,
  SimulatorLimits,
  SimulatorOptions,
  SimulatorStream,
} from './options.ts';
export type { BucketCounts, BucketKind } from './buckets.ts';
export type { Latency } from './latency.ts';
export type { Reply, ReplyFunction, ReplyRequest, SimulatedMessage } from './content.ts';
export type { SimulatedProtocol } from './protocol.ts';
export type {
  AnswerFault,
  CutFault,
  DripFault,
  Fault,
  FaultAction,
  FaultKind,
  FaultMatch,
  FrontFault,
  HangFault,
  HtmlFault,
  MalformedFault,
  OkErrorFault,
  OverloadedFault,
  PassFault,
  RateLimitFault,
  RedirectFault,
  ResetFault,
  SilenceFault,
  StatusFault,
  StreamErrorFault,
} from './faults.ts';
export type { FaultHandle } from './fault-plan.ts';
export type { Bound, BoundQuestion, GroupBound } from './bound.ts';
export type { Outcome, RequestRecord, SimulatorStats, Tally } from './ledger.ts';
export type { Clock, Random, Timer } from '../clock.ts';
