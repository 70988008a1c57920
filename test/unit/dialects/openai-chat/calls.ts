export const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };

/** The turn that made the call. */
export const ASSISTANT = { role: 'assistant', content: null, tool_calls: [CALL] };
