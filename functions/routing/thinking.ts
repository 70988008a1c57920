/**
 * Whether a model may think for minutes before it says anything. Many do so in silence: OpenAI's send nothing over chat
 * completions until they have finished thinking, on Azure not even headers; Gemini and Grok say nothing of their thoughts
 * unless they are asked for them. Such a wait is no sign of a broken target, and must not cool it for everybody.
 */
import type { ReasoningSettings } from '../core/chat.ts';

/** Those that think without being asked to, and do not show it. What shows its thoughts is not silent. */
const SILENT_THINKERS = /(?:^|[/.])(?:gpt-[5-9]|o\d|codex|gemini-(?:2\.5|[3-9])|grok-[4-9])/;

export function mayThink(model: string, { effort, budgetTokens, mode }: ReasoningSettings = {}): boolean {
  if (mode === 'off' || effort === 'none' || effort === 'minimal' || budgetTokens === 0) return false;
  if (mode !== undefined || effort !== undefined || budgetTokens !== undefined) return true;
  return SILENT_THINKERS.test(model.toLowerCase());
}
