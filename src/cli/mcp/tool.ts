/** What a tool is: what a model is told of it, what it takes and gives, and what it does. */
import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { limits } from '../../limits.js';
import type { Daemon } from './daemon.js';

/** What a call is about, beside its arguments. */
export interface Call {
  readonly daemon: Daemon;
  readonly agent: string;
  /** Aborted when the client no longer waits. */
  readonly signal: AbortSignal;
}

export interface ToolAnswer<Output> {
  readonly output: Output;
  /** The same in plain English. */
  readonly text: string;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: ToolAnnotations;
  /** Whether it is about one agent, which is named where the server is not for one. */
  readonly isOfAgent: boolean;
  answer(input: Readonly<Record<string, unknown>>, call: Call): Promise<ToolAnswer<object>>;
}

type ToolOf<Input extends z.ZodObject, Output extends z.ZodObject> = Omit<Tool, 'input' | 'output' | 'answer'> & {
  readonly input: Input;
  readonly output: Output;
  readonly answer: (input: z.infer<Input>, call: Call) => Promise<ToolAnswer<z.infer<Output>>>;
};

export const tool = <Input extends z.ZodObject, Output extends z.ZodObject>(one: ToolOf<Input, Output>): Tool => ({
  ...one,
  answer: (input, call) => one.answer(input as z.infer<Input>, call),
});

/** Of tools that change nothing. */
export const looksOnly = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

export const agentField = z
  .string()
  .min(1)
  .max(limits.nameCharactersMax)
  .describe('The agent it is about: the name under which it shares the quota.');
