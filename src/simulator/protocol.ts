/** The protocols that a simulator speaks. */
export const PROTOCOLS = ['openai', 'anthropic', 'google', 'cohere', 'bedrock'] as const;

/** One of them. */
export type SimulatedProtocol = (typeof PROTOCOLS)[number];
