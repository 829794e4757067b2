/** What a provider can do, as far as its protocol and row say. Models of one provider differ: this is what its API can express. */
export interface Capabilities {
  readonly tools: boolean;
  /** `both`: as a URL that the provider downloads, and as data. */
  readonly images: 'both' | 'data' | false;
  /** Documents (PDF and others) in messages. */
  readonly files: boolean;
  readonly audio: boolean;
  /** `native`: the provider keeps to the schema; `tool`: keywheel asks for it through a forced tool. */
  readonly jsonSchema: 'native' | 'tool' | false;
  readonly jsonObject: boolean;
  readonly reasoning: boolean;
  /** Prompt caching: by itself, by markers in the request, or not. */
  readonly promptCache: 'automatic' | 'markers' | false;
  /** Continues an assistant message that ends the conversation: what `resume` needs. */
  readonly continuation: boolean;
  /** Embeddings, and the most inputs of one request. */
  readonly embeddings: { readonly maxInputs: number } | false;
  /** Lists its models. */
  readonly models: boolean;
}
