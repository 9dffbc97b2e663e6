/*
 * document.ts - /api/openapi.json as the reference reads it: its operations in groups by address, what a search leaves of them, and a shape
 * in words. English, as the document's own words are.
 */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: (string | null)[];
  const?: string;
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  required?: string[];
  description?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  contentSchema?: Schema;
}
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
  description?: string;
}
type Content = Record<string, { schema?: Schema }>;
export interface Raw {
  operationId: string;
  summary: string;
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description?: string; content?: Content }>;
  security: Record<string, string[]>[];
  'x-roles'?: string[];
  'x-per-minute'?: number;
}
export interface Document {
  info: { title: string; version: string };
  paths: Record<string, Record<string, Raw>>;
  webhooks: Record<string, { post: Raw }>;
  components: { schemas: Record<string, Schema>; securitySchemes: { key: { 'x-scopes': Record<string, string> } } };
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  group: string;
  scope: string | undefined;
  raw: Raw;
}

/** "/api/v1/operator/keys/{id}" -> "Operator: keys", "/api/v1/titles" -> "Titles", "/healthz" -> "The house". */
export function groupOf(path: string): string {
  const [area = '', next = ''] = path.replace(/^\/api\/v1\//, '').split('/').filter((part) => part && !part.startsWith('{'));
  const words = (text: string) => text.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase());
  if (!path.startsWith('/api/v1/')) return 'The house';
  return (area === 'operator' || area === 'editor') && next ? `${words(area)}: ${next.replaceAll('-', ' ')}` : words(area);
}

export const operationsOf = (doc: Document): Operation[] =>
  Object.entries(doc.paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, raw]) => ({ id: raw.operationId, method: method.toUpperCase(), path, group: groupOf(path), scope: raw.security.find((way) => way.key)?.key?.[0], raw })))
    .sort((a, b) => a.group.localeCompare(b.group) || a.path.localeCompare(b.path));

/** Every word somewhere in the method, the address, the sentence, the function's name or the scope. */
export function found(operation: Operation, typed: string): boolean {
  const all = `${operation.method} ${operation.path} ${operation.raw.summary} ${operation.id} ${operation.scope ?? ''}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);
/** Of a body or an answer, whatever its type. */
export const schemaOf = (content: Content | undefined): Schema | undefined => {
  const schema = Object.values(content ?? {})[0]?.schema;
  return schema?.contentSchema ?? schema;
};

/** A shape in words; what is named comes as {ref}. */
export type Part = string | { ref: string };
export function typeOf(schema: Schema): Part[] {
  if (schema.$ref) return [{ ref: nameOf(schema.$ref) }];
  if (schema.anyOf) return schema.anyOf.flatMap((one, i) => [...(i ? [' or '] : []), ...typeOf(one)]);
  if (schema.const !== undefined) return [`"${schema.const}"`];
  if (schema.enum) return [schema.enum.map((value) => (value === null ? 'null' : `"${value}"`)).join(' | ')];
  const types = Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : ['anything'];
  const nothing = types.includes('null') && types.length > 1 ? [' or null'] : [];
  const type = types.find((one) => one !== 'null') ?? 'null';
  if (type === 'array') return ['list of ', ...typeOf(schema.items ?? {}), ...nothing];
  if (type === 'object' && schema.additionalProperties) return ['object of ', ...typeOf(schema.additionalProperties), ...nothing];
  if (schema.pattern?.endsWith('{26}$')) return ['id', ...nothing];
  return [schema.format ? `${type} (${schema.format})` : type, ...nothing];
}

export function boundsOf({ minimum, maximum, minLength, maxLength, maxItems }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (maxLength !== undefined && maxLength !== 1000) return `${minLength ? `${minLength} to ` : 'at most '}${maxLength} characters`;
  return maxItems !== undefined && maxItems !== 1000 ? `at most ${maxItems}` : '';
}

/** A request as one types it. */
export function exampleOf({ method, path, scope, raw }: Operation, origin: string): string {
  const query = (raw.parameters ?? []).filter((one) => one.in === 'query' && one.required).map((one) => `${one.name}=...`);
  const type = Object.keys(raw.requestBody?.content ?? {})[0];
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}'${origin}${path}${query.length ? `?${query.join('&')}` : ''}'`];
  if (raw.summary.includes('Idempotency-Key')) lines.push('-H "Idempotency-Key: $(uuidgen)"');
  if (scope) lines.push(`-H "Authorization: Bearer $KEY"`);
  if (type) lines.push(`-H 'Content-Type: ${type}'`, type === 'application/json' ? `-d '{...}'` : '--data-binary @file');
  return lines.join(' \\\n  ');
}
