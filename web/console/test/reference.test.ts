import { expect, test } from 'vitest';
import { boundsOf, exampleOf, found, groupOf, operationsOf, typeOf, type Document } from '../reference/document';

const raw = { operationId: 'keyMake', summary: 'Make a key', responses: { 201: {} }, security: [{ session: [] }, { key: ['keys:write'] }], requestBody: { content: { 'application/json': {} } } };
const doc = { paths: { '/api/v1/titles/{slug}': { get: { ...raw, operationId: 'titleGet', summary: 'One title', security: [], requestBody: undefined } }, '/api/v1/operator/api-keys': { post: raw } } } as unknown as Document;

test('an address says which group a route is of', () => {
  expect(['/api/v1/titles/{slug}', '/api/v1/operator/gift-codes/{id}', '/api/v1/editor/{id}', '/healthz'].map(groupOf)).toEqual(['Titles', 'Operator: gift codes', 'Editor', 'The house']);
});

test('routes are found by every word of theirs, and asked as they stand', () => {
  const [key, title] = operationsOf(doc);
  expect([key!.scope, title!.scope]).toEqual(['keys:write', undefined]);
  expect(operationsOf(doc).filter((one) => found(one, 'POST operator')).map((one) => one.id)).toEqual(['keyMake']);
  expect(operationsOf(doc).filter((one) => found(one, 'keys:write')).map((one) => one.id)).toEqual(['keyMake']);
  expect(found(title!, 'title delete')).toBe(false);
  expect(exampleOf(key!, 'https://x.example').split(' \\\n  ')).toEqual(["curl -X POST 'https://x.example/api/v1/operator/api-keys'", '-H "Authorization: Bearer $KEY"', "-H 'Content-Type: application/json'", "-d '{...}'"]);
});

test('a shape is said in words', () => {
  expect(typeOf({ type: 'array', items: { $ref: '#/components/schemas/Card' } })).toEqual(['list of ', { ref: 'Card' }]);
  expect(typeOf({ anyOf: [{ $ref: '#/x/Owner' }, { type: 'null' }] })).toEqual([{ ref: 'Owner' }, ' or ', 'null']);
  expect(typeOf({ type: ['string', 'null'], enum: ['a', null] })).toEqual(['"a" | null']);
  expect(typeOf({ type: ['string', 'null'], format: 'date-time' })).toEqual(['string (date-time)', ' or null']);
  expect([boundsOf({ minimum: 1, maximum: 9 }), boundsOf({ minLength: 0, maxLength: 20 }), boundsOf({ maxLength: 1000 })]).toEqual(['1 to 9', 'at most 20 characters', '']);
});
