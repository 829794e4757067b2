import { createOpenAI, openai } from '../openai/openai.ts';
import { dialects } from '../openai/dialects.ts';
import { charging } from './charging.ts';
import { completeOwn, hosted, local, type Given, type KnownProvider, type Place } from './row.ts';

/** Services that speak OpenAI's protocol, each in its dialect. */
export const services = {
  openai: hosted(createOpenAI(dialects.openai), 'https://api.openai.com/v1', 'OPENAI', {
    options: ['organization', 'project'],
    charging: charging.openai,
    account: { organization: 'openai-organization', project: 'openai-project' },
    organizationVariables: ['OPENAI_ORG_ID', 'OPENAI_ORGANIZATION'],
    projectVariables: ['OPENAI_PROJECT_ID'],
  }),
  mistral: hosted(createOpenAI(dialects.mistral), 'https://api.mistral.ai/v1', 'MISTRAL', { charging: charging.mistral }),
  groq: hosted(createOpenAI(dialects.groq), 'https://api.groq.com/openai/v1', 'GROQ', { charging: charging.groq }),
  deepseek: hosted(createOpenAI(dialects.deepseek), 'https://api.deepseek.com', 'DEEPSEEK', { charging: charging.deepseek }),
  xai: hosted(createOpenAI(dialects.xai), 'https://api.x.ai/v1', 'XAI', { charging: charging.xai }),
  openrouter: hosted(createOpenAI(dialects.openrouter), 'https://openrouter.ai/api/v1', 'OPENROUTER'),
  together: hosted(createOpenAI(dialects.together), 'https://api.together.ai/v1', 'TOGETHER', {
    keys: ['TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY'],
    hosts: ['together.ai', 'together.xyz'],
  }),
  fireworks: hosted(createOpenAI(dialects.fireworks), 'https://api.fireworks.ai/inference/v1', 'FIREWORKS'),
  perplexity: hosted(createOpenAI(dialects.perplexity), 'https://api.perplexity.ai', 'PERPLEXITY', {
    keys: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'],
  }),
  cerebras: hosted(createOpenAI(dialects.cerebras), 'https://api.cerebras.ai/v1', 'CEREBRAS', { charging: charging.cerebras }),
  moonshot: hosted(createOpenAI(dialects.moonshot), 'https://api.moonshot.ai/v1', 'MOONSHOT', {
    keys: ['MOONSHOT_API_KEY', 'KIMI_API_KEY'],
    hosts: ['moonshot.ai', 'moonshot.cn'],
  }),
  huggingface: hosted(createOpenAI(dialects.huggingface), 'https://router.huggingface.co/v1', 'HUGGINGFACE', {
    shared: ['HF_TOKEN'],
    options: ['organization'],
    account: { organization: 'x-hf-bill-to' },
  }),
  nvidia: hosted(createOpenAI(dialects.nvidia), 'https://integrate.api.nvidia.com/v1', 'NVIDIA'),
  github: hosted(createOpenAI(dialects.github), 'https://models.github.ai/inference', 'GITHUB_MODELS', {
    keys: [],
    shared: ['GITHUB_TOKEN'],
    options: ['organization'],
    locate: locateGithub,
  }),
  zai: hosted(createOpenAI(dialects.zai), 'https://api.z.ai/api/paas/v4', 'ZAI', {
    keys: ['ZAI_API_KEY', 'ZHIPU_API_KEY', 'ZHIPUAI_API_KEY'],
    hosts: ['api.z.ai', 'bigmodel.cn'],
  }),
} as const satisfies Readonly<Record<string, KnownProvider>>;

/** Servers of one's own. 127.0.0.1, as `localhost` may be ::1 first, where these do not listen. */
export const servers = {
  // A key is for its cloud, as a server of one's own takes none: at an address of one's own, that must be said.
  ollama: hosted(createOpenAI(dialects.ollama), undefined, 'OLLAMA', { keyless: true, hosts: ['ollama.com'], locate: locateOllama }),
  vllm: local(createOpenAI(dialects.vllm), 'http://127.0.0.1:8000/v1', 'VLLM'),
  lmstudio: local(createOpenAI(dialects.lmstudio), 'http://127.0.0.1:1234/v1', 'LMSTUDIO'),
  llamacpp: local(createOpenAI(dialects.llamacpp), 'http://127.0.0.1:8080/v1', 'LLAMACPP'),
} as const satisfies Readonly<Record<string, KnownProvider>>;

/** What speaks the protocol at any other address. */
export const compatible = hosted(openai, undefined, '', {
  keys: [],
  variables: [],
  options: services.openai.options,
  account: services.openai.account,
});

/** Google's endpoint of this protocol, which is nobody's own name. */
export const googleCompatible = hosted(createOpenAI(dialects.google), undefined, '', {
  keys: [],
  variables: [],
  hosts: ['googleapis.com'],
  charging: charging.google,
});

/** An organisation pays for what is asked below its own address. */
function locateGithub({ baseURL, organization }: Given): Place {
  const own = organization === undefined ? '' : `/orgs/${encodeURIComponent(organization)}`;
  const usual = `https://models.github.ai${own}/inference`;
  return { baseURL: baseURL === undefined ? usual : completeOwn(baseURL, usual, ['models.github.ai']) };
}

function locateOllama({ baseURL, keyed }: Given): Place {
  const cloud = 'https://ollama.com/v1';
  if (baseURL !== undefined) return { baseURL: completeOwn(baseURL, cloud, ['ollama.com']) };
  return { baseURL: keyed === true ? cloud : 'http://127.0.0.1:11434/v1' };
}
