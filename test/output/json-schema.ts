/** The keywords of JSON Schema (2020-12) that the schema of events uses; any other one is an error here. */
interface Schema {
  $schema?: string;
  $id?: string;
  $defs?: Record<string, Schema>;
  $ref?: string;
  title?: string;
  description?: string;
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: Schema;
  items?: Schema;
}

const KEYWORDS = new Set(
  '$schema $id $defs $ref title description type const enum anyOf oneOf properties required additionalProperties items'.split(
    ' ',
  ),
);

/** What is wrong with a value, each with its path; empty where nothing is. */
export function validate(schema: object, value: unknown): string[] {
  return check(schema, value, '', schema);
}

function check(schema: Schema, value: unknown, path: string, root: Schema): string[] {
  const strange = Object.keys(schema).filter((keyword) => !KEYWORDS.has(keyword));
  if (strange.length > 0) throw new Error(`this validator does not know ${strange.join(', ')}`);
  if (schema.$ref !== undefined) return check(resolve(schema.$ref, root), value, path, root);
  const errors: string[] = [];
  const wrong = (what: string) => errors.push(`${path}: ${what}`);
  if (schema.type !== undefined && !isOfType(schema.type, value)) wrong(`is no ${schema.type}`);
  if ('const' in schema && schema.const !== value) wrong(`is not ${schema.const}`);
  if (schema.enum !== undefined && !schema.enum.includes(value))
    wrong(`is none of ${schema.enum.join(', ')}`);
  if (schema.anyOf !== undefined && fitting(schema.anyOf, value, path, root) === 0)
    wrong('fits no alternative');
  if (schema.oneOf !== undefined && fitting(schema.oneOf, value, path, root) !== 1)
    wrong('does not fit exactly one');
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    for (const [i, each] of value.entries()) {
      errors.push(...check(items, each, `${path}/${i}`, root));
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) wrong(`${name} is missing`);
    for (const [name, each] of Object.entries(value)) {
      const property = schema.properties?.[name] ?? schema.additionalProperties;
      if (property !== undefined) errors.push(...check(property, each, `${path}/${name}`, root));
    }
  }
  return errors;
}

function fitting(schemas: readonly Schema[], value: unknown, path: string, root: Schema): number {
  return schemas.filter((schema) => check(schema, value, path, root).length === 0).length;
}

function resolve(ref: string, root: Schema): Schema {
  const found = root.$defs?.[ref.slice('#/$defs/'.length)];
  if (found === undefined) throw new Error(`${ref} is not defined`);
  return found;
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}
