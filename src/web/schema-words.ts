/** JSON Schemas in a few words each, for the reference. */
import type { Schema, Schemas } from './api-document.js';

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly needed: boolean;
  readonly text: string;
}

const depthMax = 3;

/** The fields of an object, those of nested objects under dotted names; of a list, those of its items. */
export function fieldsOf(schema: Schema, schemas: Schemas, prefix = '', depth = 0): Field[] {
  const object = objectIn(schema, schemas);
  if (object === undefined || depth > depthMax) return [];
  const inList = object !== resolved(schema, schemas) && schema.type === 'array';
  const path = inList ? `${prefix === '' ? '' : prefix.slice(0, -1)}[].` : prefix;
  return Object.entries(object.properties ?? {}).flatMap(([name, property]) => [
    {
      name: `${path}${name}`,
      type: typeText(property, schemas),
      needed: object.required?.includes(name) ?? false,
      text: property.description ?? resolved(property, schemas).description ?? '',
    },
    ...fieldsOf(property, schemas, `${path}${name}.`, depth + 1),
  ]);
}

/** What a reference leads to. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  const name = nameIn(schema);
  return name === undefined ? schema : (schemas[name] ?? schema);
}

/** The name of the shared schema that is referred to. */
export const nameIn = ({ $ref }: Schema): string | undefined => $ref?.split('/').at(-1);

/** Variants that differ in kind (`oneOf`) have no fields in common. */
function objectIn(schema: Schema, schemas: Schemas): Schema | undefined {
  const { properties, items, anyOf } = resolved(schema, schemas);
  if (properties !== undefined) return resolved(schema, schemas);
  if (items !== undefined) return objectIn(items, schemas);
  return anyOf?.map((variant) => objectIn(variant, schemas)).find((found) => found !== undefined);
}

export function typeText(schema: Schema, schemas: Schemas): string {
  const { type, const: value, enum: values, anyOf, items } = resolved(schema, schemas);
  if (value !== undefined) return JSON.stringify(value);
  if (values !== undefined) return values.map((each) => String(each)).join(' | ');
  if (anyOf !== undefined) return [...new Set(anyOf.map((variant) => typeText(variant, schemas)))].join(' or ');
  if (type === 'array') return `list of ${items === undefined ? 'anything' : typeText(items, schemas)}`;
  if (typeof type === 'string') return type;
  return type === undefined ? 'anything' : type.join(' or ');
}
