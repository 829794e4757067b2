/** How much is measured: enough to compare, or enough to see that it runs. */
export interface Plan {
  readonly rounds: number;
  readonly warmUps: number;
  /** In a turn. */
  readonly calls: number;
  readonly streams: number;
  readonly waitingCalls: number;
  readonly orderedCalls: number;
  readonly openStreams: number;
  readonly imports: number;
  readonly poolRounds: number;
}

export const FULL: Plan = {
  rounds: 15,
  warmUps: 4,
  calls: 1_000,
  streams: 30,
  waitingCalls: 100_000,
  orderedCalls: 100_000,
  openStreams: 1_000,
  imports: 15,
  poolRounds: 30,
};

/** For CI: figures that nobody should quote. */
export const SHORT: Plan = {
  rounds: 2,
  warmUps: 1,
  calls: 100,
  streams: 3,
  waitingCalls: 1_000,
  orderedCalls: 500,
  openStreams: 50,
  imports: 1,
  poolRounds: 1,
};
