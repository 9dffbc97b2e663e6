/* views.ts - an operation, a shape, an event of the document, drawn. */
import { boundsOf, exampleOf, schemaOf, typeOf, type Document, type Operation, type Parameter, type Raw, type Schema } from './document';
import { fold, h } from './element';

const linkTo = (name: string) => h('a', { href: `#shape-${name}` }, name);
const typeView = (schema: Schema) => h('span', { class: 'type' }, typeOf(schema).map((part) => (typeof part === 'string' ? part : linkTo(part.ref))));

const rowView = (name: string, schema: Schema, required: boolean, text: string | undefined) =>
  h('li', { class: 'field' }, h('p', { class: 'fieldHead' }, h('code', {}, name), ' ', typeView(schema), required ? h('span', { class: 'required' }, 'required') : undefined), [text, boundsOf(schema)].some(Boolean) && h('p', { class: 'fieldText' }, [text, boundsOf(schema)].filter(Boolean).join(' · ')));

export const fieldsView = (schema: Schema) => h('ul', { class: 'fields' }, Object.entries(schema.properties ?? {}).map(([name, one]) => rowView(name, one, schema.required?.includes(name) ?? false, one.description)));

const part = (title: string, ...content: (Node | undefined | false)[]) => h('section', { class: 'part' }, h('h3', {}, title), content.filter((one) => one !== undefined && one !== false));
const parametersView = (title: string, all: Parameter[]) => all.length > 0 && part(title, h('ul', { class: 'fields' }, all.map((one) => rowView(one.name, one.schema, one.required, one.description ?? one.schema.description))));

/** Its fields, where it has a name of its own in the document. */
function shapeView(doc: Document, schema: Schema): Node[] {
  const named = schema.$ref ? doc.components.schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] : schema;
  return [h('p', { class: 'shape' }, typeView(schema), named?.description && schema.$ref ? `: ${named.description}` : ''), named?.properties ? fieldsView(named) : h('span')];
}

function bodyView(doc: Document, raw: Raw): Node | false {
  const [type, one] = Object.entries(raw.requestBody?.content ?? {})[0] ?? [];
  return type !== undefined && part('Body', ...(one?.schema ? shapeView(doc, one.schema) : [h('p', {}, 'Bytes as they are (', h('code', {}, type), ')')]));
}

function answerView(doc: Document, raw: Raw): Node {
  const [status = '', answer] = Object.entries(raw.responses).find(([one]) => /^2/.test(one)) ?? [];
  const schema = schemaOf(answer?.content);
  const stream = answer?.content?.['text/event-stream'] !== undefined;
  return part(`Answer ${status}`, ...(schema ? [stream ? h('p', {}, 'A stream of events (text/event-stream); the data of each:') : undefined, ...shapeView(doc, schema)] : [h('p', {}, 'Nothing.')]), h('p', { class: 'quiet' }, 'Refused or failed: ', linkTo('Problem'), '.'));
}

const whoText = ({ raw }: Operation): string => {
  const roles = raw['x-roles'] ?? [];
  return roles.length ? `For ${roles.join(' or ')}` : 'For everybody';
};

export function operationView(doc: Document, one: Operation): HTMLElement {
  const summary = [h('span', { class: 'method', 'data-method': one.method }, one.method), h('code', { class: 'path' }, one.path), h('span', { class: 'summary' }, one.raw.summary)];
  return fold({ class: 'operation', id: one.id }, summary, () => {
    const all = one.raw.parameters ?? [];
    return [
      h('p', { class: 'who' }, whoText(one), one.scope ? ', or a key with ' : one.raw['x-roles'] ? '. No key is admitted.' : '.', one.scope ? h('a', { href: '#scopes' }, h('code', {}, one.scope)) : '', one.scope ? '.' : '', ` ${one.raw['x-per-minute'] ?? 600} a minute.`),
      h('pre', { tabindex: '0' }, exampleOf(one, location.origin)),
      parametersView('In the address', all.filter((p) => p.in === 'path')),
      parametersView('Query', all.filter((p) => p.in === 'query')),
      bodyView(doc, one.raw),
      answerView(doc, one.raw),
    ].filter((p) => p !== false);
  });
}

export const schemaView = (name: string, schema: Schema): HTMLElement =>
  fold({ class: 'operation', id: `shape-${name}` }, [h('code', { class: 'path' }, name), h('span', { class: 'summary' }, schema.description ?? '')], () => [fieldsView(schema)]);

export const eventView = (doc: Document, type: string, { post }: { post: Raw }): HTMLElement =>
  fold({ class: 'operation', id: `event-${type}` }, [h('code', { class: 'path' }, type), h('span', { class: 'summary' }, post.summary)], () => {
    const data = schemaOf(post.requestBody?.content)?.properties?.data;
    return [part('Data', ...(data ? shapeView(doc, data) : [])), parametersView('Headers', post.parameters ?? []) || h('span')];
  });
