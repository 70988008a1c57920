/**
 * What a model takes that others of its dialect refuse with a 400: data, so that a parameter can be reported as
 * dropped, or another target tried, before a request is paid for.
 *
 * Read on 2026-11-23 at platform.claude.com: docs/en/models/MODEL/migration-guide and whats-new of each model,
 * docs/en/build-with-claude/{effort,adaptive-thinking,extended-thinking,structured-outputs,mid-conversation-system-messages};
 * mid-conversation system messages also in the model profiles of @langchain/anthropic 1.5.13.
 */
export interface ClaudeTraits {
  /** `temperature`, `top_p` and `top_k`: all, not temperature together with top_p, or none. */
  readonly sampling: 'all' | 'one' | 'none';
  /** How thinking is asked for: by a budget, by effort, or either. */
  readonly thinking: 'none' | 'budget' | 'adaptive' | 'both';
  /** How thinking is switched off: it is off unless asked for, by a `type`, or not at all. */
  readonly thinkingOff: 'default' | 'disabled' | 'between_tools' | 'never';
  readonly efforts: readonly string[];
  /** Whether a tool can be forced: always, only without thinking, or never. */
  readonly forcedTools: 'always' | 'without-thinking' | 'never';
  readonly structuredOutputs: boolean;
  /** `role: "system"` inside `messages`. */
  readonly laterSystemMessages: boolean;
}

const CLAUDE_3: ClaudeTraits = {
  sampling: 'all',
  thinking: 'none',
  thinkingOff: 'default',
  efforts: [],
  forcedTools: 'without-thinking',
  structuredOutputs: false,
  laterSystemMessages: false,
};
const CLAUDE_4: ClaudeTraits = { ...CLAUDE_3, thinking: 'budget' };
const CLAUDE_4_5: ClaudeTraits = { ...CLAUDE_4, sampling: 'one', structuredOutputs: true };
const CLAUDE_4_6: ClaudeTraits = { ...CLAUDE_4_5, thinking: 'both', efforts: ['low', 'medium', 'high', 'max'] };
const CLAUDE_4_7: ClaudeTraits = {
  ...CLAUDE_4_6,
  sampling: 'none',
  thinking: 'adaptive',
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
};
const CLAUDE_4_8: ClaudeTraits = { ...CLAUDE_4_7, laterSystemMessages: true };
/** From here on thinking is on unless it is switched off. */
const CLAUDE_5: ClaudeTraits = { ...CLAUDE_4_8, thinkingOff: 'disabled', forcedTools: 'always' };
const ALWAYS_THINKING: ClaudeTraits = { ...CLAUDE_5, thinkingOff: 'never' };
const NEVER_FORCED: ClaudeTraits = { ...ALWAYS_THINKING, forcedTools: 'never' };

/**
 * Servers that speak this dialect with models of their own. Sampling and budgets are what the dialect began with; what
 * a server does not take stands in its `quirks.unsupported`.
 */
const OTHERS: ClaudeTraits = {
  ...CLAUDE_4,
  thinkingOff: 'disabled',
  forcedTools: 'always',
};

/** Names with `.` as `-`: OpenRouter writes `claude-opus-4.7`, Bedrock `us.anthropic.claude-…`, Vertex `…@20250929`. */
const MODELS: readonly (readonly [name: RegExp, traits: ClaudeTraits])[] = [
  [/claude-3-7-/, CLAUDE_4],
  [/claude-(3|2|1|instant)\b/, CLAUDE_3],
  [/claude-opus-4-1\b/, { ...CLAUDE_4, sampling: 'one' }],
  [/claude-(opus|sonnet|haiku)-4-5\b/, CLAUDE_4_5],
  [/claude-(opus|sonnet|haiku)-4-6\b/, CLAUDE_4_6],
  [/claude-(opus|sonnet|haiku)-4-7\b/, CLAUDE_4_7],
  [/claude-(opus|sonnet|haiku)-4-8\b/, CLAUDE_4_8],
  // `claude-opus-4-20250514`, but not a later `claude-opus-4-9`.
  [/claude-(opus|sonnet|haiku)-4(-0\b|(?!-?\d{1,2}(?!\d)))/, CLAUDE_4],
  [/claude-sonnet-5-5\b/, { ...CLAUDE_5, thinkingOff: 'between_tools', forcedTools: 'never' }],
  [/claude-opus-5-5\b/, NEVER_FORCED],
  [/claude-(fable|mythos)-5-\d\b/, NEVER_FORCED],
  [/claude-(fable|mythos)-/, ALWAYS_THINKING],
  // Models that are newer than this table are most likely like the newest in it.
  [/claude-/, CLAUDE_5],
];

export function claudeTraits(model: string): ClaudeTraits {
  const name = model.toLowerCase().replaceAll('.', '-');
  return MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? OTHERS;
}
