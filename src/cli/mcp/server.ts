/** The server of `mcp`: it tells a client of the tools, checks what they are given, and says what came of it. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  type ListToolsResult,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { limits } from '../../limits.js';
import { packageVersion } from '../../package-root.js';
import type { Resolved } from '../../settings/resolve.js';
import { visibleLines } from '../../text/visible.js';
import { exitCodes } from '../exit.js';
import { remark } from '../output.js';
import { Daemon, ToolError } from './daemon.js';
import { mayIRun, myShare, quota } from './look-tools.js';
import { reportUsage } from './report-tool.js';
import { agentField, type Tool } from './tool.js';

export interface ToolSettings {
  readonly resolved: Resolved;
  readonly pool: string | undefined;
  /** For whom the client runs; null: each call says it. */
  readonly agent: string | null;
}

const tools: readonly Tool[] = [mayIRun, reportUsage, myShare, quota];

/** Until the client closes stdin: then nothing is left to wait for. Only the protocol is written to stdout. */
export async function serveTools({ resolved, pool, agent }: ToolSettings): Promise<void> {
  const daemon = new Daemon(resolved, pool);
  const server = new Server(
    { name: 'resource-share', title: 'Resource-Share', version: packageVersion },
    {
      capabilities: { tools: {} },
      instructions: instructionsFor(agent),
      // The client is never asked to fill in a form, which is what a validator is for.
      jsonSchemaValidator: {
        getValidator: () => () => ({ valid: false, data: undefined, errorMessage: 'not asked for' }),
      },
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map((one) => described(one, agent)) }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) => {
    const found = tools.find(({ name }) => name === params.name);
    if (found === undefined)
      throw new McpError(ErrorCode.InvalidParams, `there is no tool ${params.name.slice(0, 100)}`);
    return answered(found, params.arguments ?? {}, { daemon, agent, signal });
  });
  server.onerror = (error) => remark(`A message of the client was not understood: ${error.message.slice(0, 200)}`);
  // Only a message that is too long ends it from here.
  server.onclose = () => {
    process.exitCode = exitCodes.failed;
  };
  await server.connect(new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: limits.bodyBytesMax }));
}

function instructionsFor(agent: string | null): string {
  const who = agent === null ? 'Each agent' : `You are ${agent}, which`;
  return `Several agents share one quota. ${who} keeps to its share by calling may_i_run before a piece of work, and waiting where the answer is no. report_usage records what was used, where nothing else does.`;
}

type ListedTool = ListToolsResult['tools'][number];

function described(one: Tool, agent: string | null): ListedTool {
  const { name, title, description, annotations, output } = one;
  return {
    name,
    title,
    description,
    annotations: { title, ...annotations },
    inputSchema: jsonSchema(inputOf(one, agent), 'input') as ListedTool['inputSchema'],
    outputSchema: jsonSchema(output, 'output') as ListedTool['outputSchema'],
  };
}

/** Clients know this draft of old; what says which one it is, some take for a fault. */
function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io });
  return JSON.parse(JSON.stringify(rest), (_key, value: unknown) => portable(value));
}

/** What no integer goes beyond says nothing to a model; several types at once are more than some clients pass on to theirs. */
function portable(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  const { type, minimum, maximum, ...rest } = part as Readonly<Record<string, unknown>>;
  return {
    ...rest,
    ...(Array.isArray(type)
      ? { anyOf: type.map((one: unknown) => ({ type: one })) }
      : type === undefined
        ? {}
        : { type }),
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}

/** A server for one agent takes no other. */
const inputOf = ({ input, isOfAgent }: Tool, agent: string | null): z.ZodObject =>
  isOfAgent && agent === null ? input.extend({ agent: agentField }) : input;

interface Asked {
  readonly daemon: Daemon;
  readonly agent: string | null;
  readonly signal: AbortSignal;
}

async function answered(one: Tool, given: unknown, { agent, ...call }: Asked): Promise<CallToolResult> {
  const input = inputOf(one, agent).safeParse(given);
  if (!input.success) return refused(faultsOf(input.error, agent));
  try {
    const { agent: named = agent ?? '', ...rest } = input.data as { readonly agent?: string };
    const { output, text } = await one.answer(rest, { ...call, agent: named });
    return { content: [{ type: 'text', text: visibleLines(text) }], structuredContent: { ...output } };
  } catch (error) {
    if (error instanceof ToolError) return refused(error.message);
    throw error;
  }
}

const refused = (text: string): CallToolResult => ({
  content: [{ type: 'text', text: visibleLines(text) }],
  isError: true,
});

function faultsOf({ issues }: z.ZodError, agent: string | null): string {
  const faults = issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
  const hint = agent === null ? '' : ` This server is for ${agent} alone.`;
  return `The arguments are not what this tool takes. ${faults.join('; ')}.${hint}`.slice(
    0,
    limits.reasonCharactersMax,
  );
}
