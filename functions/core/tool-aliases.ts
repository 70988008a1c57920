/** The names and ids of a request's tools and calls, as a provider takes them, and the way back. */
import { type Aliases, type AliasRule, createAliases } from './alias.ts';
import type { ChatRequest, ToolCallPart } from './chat.ts';
import type { Restore } from './codec.ts';

export interface ToolAliases {
  readonly names: Aliases;
  readonly ids: Aliases;
}

export interface ToolAliasRules {
  readonly names: AliasRule;
  readonly ids: AliasRule;
}

/** Tools first, in their order, then what the history calls: so that a longer history changes no earlier alias. */
export function aliasTools(request: ChatRequest, rules: ToolAliasRules): ToolAliases {
  const calls = toolCalls(request);
  const offered = request.tools.flatMap((tool) => (tool.kind === 'provider' ? [] : [tool.name]));
  const chosen = request.toolChoice?.type === 'tool' ? [request.toolChoice.name] : [];
  const answered = request.messages.flatMap((message) =>
    message.role === 'tool' ? message.content.map((result) => result.callId) : [],
  );
  return {
    names: createAliases([...offered, ...chosen, ...calls.map((call) => call.name)], rules.names),
    ids: createAliases([...calls.map((call) => call.id), ...answered], rules.ids),
  };
}

/** `asFunctions` for providers that know no free-text tools, where those go out as functions. */
export function restoreTools(request: ChatRequest, aliases: ToolAliases, asFunctions: boolean): Restore | undefined {
  const custom = asFunctions ? request.tools.flatMap((tool) => (tool.kind === 'custom' ? [tool.name] : [])) : [];
  if (custom.length === 0 && aliases.names.originals.size === 0) return undefined;
  return { toolNames: aliases.names.originals, customTools: new Set(custom) };
}

/** All calls of the history. */
export function toolCalls(request: ChatRequest): readonly ToolCallPart[] {
  return request.messages.flatMap((message) =>
    message.role === 'assistant' ? message.content.filter((part) => part.type === 'tool-call') : [],
  );
}
