import { agents } from './agents.ts';
import { aiAnthropic, aiGoogle, aiOpenAI } from './ai.ts';
import { anthropic, olderAnthropic } from './anthropic.ts';
import { google } from './google.ts';
import { langchain } from './langchain.ts';
import { openai } from './openai.ts';
import type { Sdk } from './sdk.ts';

/** Every SDK that is tried over `client.fetch`. */
export const SDKS: readonly Sdk[] = [openai, anthropic, olderAnthropic, google, aiOpenAI, aiAnthropic, aiGoogle, langchain, agents];
