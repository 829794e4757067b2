export { type Client, createClient } from './client.ts';
export type { ChatStream } from './client/stream.ts';
export type { Keys, UnusedKey } from './client/keys.ts';
export type { ClientFetch, ClientFetchInit } from './fetch/index.ts';
export type {
  AliasOptions,
  Balance,
  BucketOptions,
  CacheOptions,
  CallOptions,
  ClientOptions,
  KeyLike,
  KeyOptions,
  KeysLike,
  LimitOptions,
  PriceOptions,
  ProviderOptions,
  RetryOptions,
  RuleOptions,
  TargetOptions,
} from './options/types.ts';
export type { Alert, AlertName, AlertOptions } from './options/alerts.ts';
export type { BudgetLike, BudgetOptions, BudgetsOptions } from './options/budgets.ts';
export type { LogFileOptions, LogLevel, LogLine, LogLogger, LogOptions, LogStream } from './options/log.ts';
export type { ModelPrice, PricesOptions } from './options/prices.ts';
export type { Percentiles, UsageBy, UsageQuery, UsageRow } from './usage/usage.ts';
export type { MetricsRegistry } from './metrics/metrics.ts';
export type { MapCallOptions, MapOptions, MapProgress, ResumeOptions } from './options/map.ts';
export type { ToRequest, WholeRequest } from './map/answering.ts';
export type { MapResult } from './map/result.ts';
export type { Items } from './map/source.ts';
export {
  BudgetError,
  CacheMissError,
  ClosedError,
  ConfigError,
  DeadlineError,
  type ErrorCode,
  type ExhaustedKey,
  KeysExhaustedError,
  KeywheelError,
  OutputError,
  type OutputIssue,
  ProviderError,
  RequestError,
  StreamInterruptedError,
} from './errors.ts';
export type { Budgeted, BudgetSnapshot } from './budget.ts';
export type {
  AlertFailed,
  AttemptEnded,
  BudgetNear,
  BudgetReached,
  CacheFailed,
  CacheHit,
  CacheStored,
  CallFailed,
  CallFinished,
  CallStarted,
  Candidate,
  ClientEvent,
  ClientEvents,
  EventName,
  GroupLearned,
  GroupParted,
  KeyHeld,
  KeyInvalidated,
  KeyRecovered,
  KeysExhausted,
  KeysRefreshFailed,
  LimitNear,
  LogFailed,
  RouteChanged,
  OrganizationLearned,
} from './events.ts';
export type { Counted, FailureClass, HoldSource, Scope } from './failure.ts';
export type { BucketKind } from './pool/quota/limits.ts';
export type { BindingLimit, BucketCapacity, Capacity, GroupCapacity, PaceSnapshot, TargetCapacity } from './pool/capacity.ts';
export type { BucketSnapshot, HoldSnapshot, KeySnapshot, KeyState } from './pool/keys/snapshot.ts';
export type { AttemptAction, AttemptReport, CacheStatus, CallReport, TokenCounts } from './report.ts';
export type { ChatChunk, ChunkChoice, Delta, ToolCallDelta } from './chat/chunk.ts';
export type {
  Annotation,
  ChatCompletion,
  ChatReply,
  Choice,
  Embeddings,
  EmbedReply,
  FinishReason,
  ModelList,
  ModelsReply,
  ParsedReply,
  ReasoningDetail,
  ReplyMessage,
  Usage,
} from './chat/reply.ts';
export type { InferOutput, OutputSchema, StandardIssue, StandardJsonSchema, StandardResult, ValidatedJsonSchema } from './chat/schema.ts';
export type { Parsed, SchemaRequest } from './client/output.ts';
export type {
  AssistantMessage,
  CacheControl,
  ChatMessage,
  ChatRequest,
  ChatTool,
  ContentPart,
  EmbedRequest,
  ResponseFormat,
  SystemMessage,
  ToolCall,
  ToolChoice,
  ToolMessage,
  UserMessage,
} from './chat/request.ts';
export type { Clock, Random, Timer } from './clock.ts';
export type { ProtocolName } from './providers/provider.ts';
