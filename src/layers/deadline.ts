import { atEnd, type Layer } from '../call.ts';

/** Refuses a call that has already ended, and lets go of its signal and timer when it is over. */
export function deadline(): Layer {
  return (next) => (call) => {
    const { deadline: time } = call;
    const { ended } = time;
    if (ended !== undefined) {
      time.close();
      return Promise.reject(ended.reason);
    }
    return next(call).then(
      (answer) => {
        atEnd(answer, () => time.close());
        return answer;
      },
      (error: unknown) => {
        time.close();
        throw error;
      },
    );
  };
}
