import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { modelFacts } from './models.ts';

/** How the next token is drawn, in the request's words; what the model does not take is left out. */
export interface Sampling {
  readonly temperature?: unknown;
  readonly top_p?: unknown;
  readonly top_k?: unknown;
}

const NAMES = ['temperature', 'top_p', 'top_k'] as const;
/** The least `top_p` beside thinking. */
const LEAST_TOP_P = 0.95;

/** `isThinking`: thinking is asked for, beside which Claude takes hardly any. The same on other clouds. */
export function toSampling(request: ChatRequest, model: string, isThinking: boolean, unsupported: Unsupported): Sampling {
  const kept: Record<string, unknown> = {};
  for (const name of NAMES) {
    const value = request[name];
    if (value === undefined || value === null) continue;
    const why = findObstacle(name, value, model, isThinking);
    if (why !== undefined) unsupported.refuse(name, value, name, why);
    else if (modelFacts(model).sampling) kept[name] = value;
  }
  return kept;
}

/** Why it cannot be sent. What is no number is the API's to judge, but by models that take none. */
function findObstacle(name: (typeof NAMES)[number], value: unknown, model: string, isThinking: boolean): string | undefined {
  const { sampling, strict } = modelFacts(model);
  if (!sampling) return name !== 'top_k' && value === 1 ? undefined : 'cannot be chosen for this model';
  if (name === 'temperature' && typeof value === 'number' && value > 1) return 'must not be above 1 there';
  if (!isThinking || !strict) return undefined;
  if (name === 'top_k') return 'cannot be sent beside thinking there';
  if (name === 'temperature') return value === 1 ? undefined : 'must be 1 beside thinking there';
  return typeof value === 'number' && value < LEAST_TOP_P ? `must be from ${LEAST_TOP_P} beside thinking there` : undefined;
}
