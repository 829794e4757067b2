import { type Answer, atEnd, type Call, type Layer, type Send } from '../call.ts';
import type { Size } from '../pool/quota/estimates.ts';
import { estimateFetched } from '../providers/fetched.ts';
import { orEnded } from './cache/passenger.ts';

/** What a call reserved. */
interface Reserved {
  settle(answered: boolean): void;
}

/** Who keeps the budgets of tags and tenants. */
interface Purser {
  /** What must be known first, such as prices; `undefined` when nothing is missing. */
  readonly loading: Promise<void> | undefined;
  /** Reserves what the call is expected to spend; `undefined` when no budget is about it. Throws, or rejects with, `BudgetError`. */
  admit(call: Call, sizeOf: (call: Call) => Size): Reserved | Promise<Reserved> | undefined;
}

/**
 * Refuses calls whose tag or tenant has spent its budget, before anything is sent. Below the cache, whose answers cost nothing, and above
 * `route`, so that a call counts once wherever it is answered. While calls under way may use up what is left, a call waits for them.
 */
export function budget(purser: Purser): Layer {
  return (next) => (call) => {
    const { loading } = purser;
    return loading === undefined ? enter(purser, next, call) : orEnded(call.deadline, loading).then(() => enter(purser, next, call));
  };
}

function enter(purser: Purser, send: Send, call: Call): Promise<Answer> {
  try {
    const admitted = purser.admit(call, sizeOf);
    if (admitted === undefined) return send(call);
    return admitted instanceof Promise ? admitted.then((reserved) => pass(send, call, reserved)) : pass(send, call, admitted);
  } catch (error) {
    return Promise.reject(error);
  }
}

function pass(send: Send, call: Call, reserved: Reserved): Promise<Answer> {
  return send(call).then(
    (answer) => {
      atEnd(answer, (end) => reserved.settle(end.status === 'complete'));
      return answer;
    },
    (error: unknown) => {
      reserved.settle(false);
      throw error;
    },
  );
}

function sizeOf({ asked, targets }: Call): Size {
  if (asked.operation === 'fetch') return estimateFetched(asked.request);
  return targets[0]?.provider.protocol.estimate(asked) ?? { input: 0, output: undefined };
}
