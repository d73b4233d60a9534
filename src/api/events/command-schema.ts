/** A command as it is sent, for the description of the API; `parseCommand` is what reads it. Made when somebody asks. */
import * as z from 'zod';
import { catalogue, commandTypes, type EventType } from '../../events/catalogue.js';
import { commandEnvelope } from '../../events/command.js';

const payloads = new Map<EventType, z.ZodType>();

/** Payload of the command of this type, with what the event means. */
export function payloadSchema(type: EventType): z.ZodType {
  let schema = payloads.get(type);
  if (schema === undefined) {
    schema = catalogue[type].command.meta({ id: type, description: catalogue[type].summary }) as z.ZodType;
    payloads.set(type, schema);
  }
  return schema;
}

export const commandSchema = z
  .lazy(() => {
    const variants = commandTypes.map((type) =>
      commandEnvelope.extend({ type: z.literal(type), payload: payloadSchema(type) }),
    );
    return z.discriminatedUnion('type', variants as [(typeof variants)[0], ...typeof variants]);
  })
  .meta({ id: 'Command' });
