import type { Layer } from '../call.ts';

/** Refuses a call that has already ended, and lets go of its signal and timer when it is over. */
export function deadline(): Layer {
  return (next) => async (call) => {
    call.deadline.throwIfEnded();
    try {
      const answer = await next(call);
      if (answer.kind === 'whole') call.deadline.close();
      else void answer.done.then(() => call.deadline.close());
      return answer;
    } catch (error) {
      call.deadline.close();
      throw error;
    }
  };
}
