/** Clients that behave unlike others of their dialect. */
export const OPENAI_SDK = 'openai, Chat Completions';
export const AI_SDK = 'ai with @ai-sdk/openai-compatible';
