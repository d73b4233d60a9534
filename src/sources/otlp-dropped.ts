/**
 * Attributes that hold what people, models and tools wrote: no reader sees them. So a word in a prompt that a credential might stand
 * behind is no reason to refuse the use beside it.
 */
const names: ReadonlySet<unknown> = new Set([
  'prompt',
  'gen_ai.completion',
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.prompt',
  'gen_ai.system_instructions',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'arguments',
  'function_args',
  'output',
  'request_text',
  'response_text',
  'tool_input',
  'tool_output',
  'tool_parameters',
]);

export const isDropped = (name: unknown): boolean => names.has(name);
