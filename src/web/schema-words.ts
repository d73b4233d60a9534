/** JSON Schemas in a few words each, for the reference. */
import type { Schema } from './api-document.js';

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly needed: boolean;
  readonly text: string;
}

const depthMax = 3;

/** The fields of an object, those of nested objects under dotted names; of a list, those of its items. */
export function fieldsOf(schema: Schema, prefix = '', depth = 0): Field[] {
  const object = objectIn(schema);
  if (object === undefined || depth > depthMax) return [];
  const inList = object !== schema && schema.type === 'array';
  const path = inList ? `${prefix === '' ? '' : prefix.slice(0, -1)}[].` : prefix;
  return Object.entries(object.properties ?? {}).flatMap(([name, property]) => [
    {
      name: `${path}${name}`,
      type: typeText(property),
      needed: object.required?.includes(name) ?? false,
      text: property.description ?? '',
    },
    ...fieldsOf(property, `${path}${name}.`, depth + 1),
  ]);
}

function objectIn(schema: Schema): Schema | undefined {
  if (schema.properties !== undefined) return schema;
  if (schema.items !== undefined) return objectIn(schema.items);
  return schema.anyOf?.map(objectIn).find((found) => found !== undefined);
}

export function typeText(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => String(value)).join(' | ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeText(schema.items)}`;
  if (typeof schema.type === 'string') return schema.type;
  return schema.type === undefined ? 'anything' : schema.type.join(' or ');
}
