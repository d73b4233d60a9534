/**
 * The catalogue as JSON Schema documents, for clients in other languages: what a command's payload may hold when it is
 * sent, and what an event's payload holds in the log. Rules between fields are checked by the server only.
 */
import * as z from 'zod';
import { catalogue, eventTypes } from './catalogue.js';
import { publishedPatterns } from './scalars.js';

/** Documents by file name: `TYPE.command.json` for what can be sent, `TYPE.vN.json` for version N of the stored payload. */
export function jsonSchemas(): ReadonlyMap<string, object> {
  const documents = new Map<string, object>();
  for (const type of eventTypes) {
    const { version, payload, command, outside, summary } = catalogue[type];
    if (outside) {
      documents.set(`${type}.command.json`, document(`Payload of the command ${type}`, summary, command, 'input'));
    }
    const title = `Payload of the event ${type}, version ${version}`;
    documents.set(`${type}.v${version}.json`, document(title, summary, payload, 'output'));
  }
  return documents;
}

function document(title: string, description: string, schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, override: publishPattern });
  return { $schema, title, description, ...rest };
}

/** To be called for each schema that is written: no pattern is published that only JavaScript compiles. */
export function publishPattern({ zodSchema, jsonSchema }: Written): void {
  for (const { source } of patternsOf(zodSchema)) {
    const published = publishedPatterns.get(source);
    if (published === undefined) continue;
    delete jsonSchema.pattern;
    if (published.pattern !== undefined) jsonSchema.pattern = published.pattern;
    const { description = '' } = jsonSchema;
    if (published.words === undefined || description.includes(published.words)) continue;
    jsonSchema.description = `${description} ${published.words}`.trim();
  }
}

interface Written {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: { pattern?: string; description?: string };
}

/** What is optional, nullable or has a default keeps its patterns inside. */
function patternsOf({ _zod }: z.core.$ZodType): readonly RegExp[] {
  const { innerType, checks = [] } = _zod.def as { innerType?: z.core.$ZodType; checks?: readonly z.core.$ZodCheck[] };
  if (innerType !== undefined) return patternsOf(innerType);
  return checks.flatMap((check) => (check._zod.def as { pattern?: RegExp }).pattern ?? []);
}

/** The text of a document, as it is committed. */
export const schemaText = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;
