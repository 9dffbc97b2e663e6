// The program's own route table, as data, and values made from the shapes in it: for tests that go over every route.
import { execFileSync } from 'node:child_process';
import { request, type IncomingHttpHeaders } from 'node:http';
import { binary, type MatineeNode } from './node.ts';

export interface Field {
  name: string;
  type: 'str' | 'int' | 'num' | 'bool' | 'id' | 'time' | 'email' | 'secret' | 'lang' | 'url' | 'obj' | 'any';
  required: boolean;
  array: boolean;
  nullable: boolean;
  map: boolean;
  min: number;
  max: number;
  ref: string | null;
  values: string | null;
}
export interface Route {
  method: string;
  path: string;
  params: { name: string; type: string }[];
  roles: ('viewer' | 'editor' | 'operator')[];
  scope: string | null;
  flags: ('stream_body' | 'sse' | 'no_origin_check' | 'internal' | 'adult' | 'any_type' | 'audit' | 'fresh' | 'reads' | 'piece')[];
  per_minute: number;
  body_max: number;
  body: string | null;
  query: Field[];
  status: number;
}

const table: { routes: Route[]; schemas: Record<string, Field[]> } = JSON.parse(execFileSync(binary, ['routes'], { encoding: 'utf8', maxBuffer: 1 << 26 }));
export const schemas = table.schemas;
/** Those that a client can ask for. */
export const routes = table.routes.filter((r) => !r.flags.includes('internal') && r.method !== 'OPTIONS');
export const internal = table.routes.filter((r) => r.flags.includes('internal'));
export const nameOf = (r: Route) => `${r.method} ${r.path}`;

/** An id that nobody has: 26 characters, time-ordered like any other. */
export function strangerId(): string {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let s = '01';
  while (s.length < 26) s += digits[Math.floor(Math.random() * 32)];
  return s;
}

function sampleOne(f: Field, all: boolean): unknown {
  if (f.values) return f.values.split('|')[0];
  switch (f.type) {
    case 'int':
    case 'num':
      return Math.max(f.min, f.max ? Math.min(1, f.max) : 1);
    case 'bool':
      return true;
    case 'id':
      return strangerId();
    case 'time':
      return '2026-11-22T16:22:00Z';
    case 'email':
      return `nobody-${Math.random().toString(36).slice(2)}@example.org`;
    case 'lang':
      return 'en';
    case 'url':
      return '/somewhere';
    case 'obj':
      return sample(f.ref!, all);
    case 'any':
      return 'x';
    default:
      return 'x'.repeat(Math.max(1, Math.min(f.min || 1, 1000)));
  }
}

/** A body of the right shape and of nobody's values; all: with what may be left out, too. */
export function sample(schema: string, all = false): Record<string, unknown> {
  const o: Record<string, unknown> = {};
  for (const f of schemas[schema]!) {
    if (!all && !f.required) continue;
    const one = sampleOne(f, all);
    o[f.name] = f.array ? Array.from({ length: Math.max(1, f.min) }, () => one) : f.map ? { key: one } : one;
  }
  return o;
}

/** Every field of a body, those of objects in it too, with where it is: ["device", "codecs"]. */
export function fieldsOf(schema: string, at: string[] = []): { at: string[]; field: Field }[] {
  return schemas[schema]!.flatMap((field) => [{ at: [...at, field.name], field }, ...(field.type === 'obj' && at.length < 4 ? fieldsOf(field.ref!, [...at, field.name]) : [])]);
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: any;
}
export interface Ask {
  cookie?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | undefined;
  json?: unknown;
  noOrigin?: boolean;
  from?: string; // an address of this machine's own: limits count by it
}

let lastAddress = 0;
/** Another neighbour each time, so that a test of a thousand requests is not one flood. */
export const neighbour = () => `127.0.${1 + (Math.floor(lastAddress / 250) % 200)}.${1 + (lastAddress++ % 250)}`;

/** One request, as bytes: no client library corrects what is sent on purpose. */
export async function ask(node: MatineeNode, method: string, path: string, a: Ask = {}): Promise<Answer> {
  const body = a.json === undefined ? a.body : JSON.stringify(a.json);
  return await new Promise((done, fail) => {
    const rq = request({
      host: '127.0.0.1', port: node.port, method, path, localAddress: a.from ?? neighbour(), agent: false,
      headers: {
        host: `localhost:${node.port}`,
        ...(method === 'GET' ? {} : { ...(a.noOrigin ? {} : { origin: node.url }), 'idempotency-key': `key-${Math.random()}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
        ...(a.cookie ? { cookie: a.cookie } : {}),
        ...a.headers,
      },
    });
    rq.on('error', fail);
    rq.setTimeout(60_000, () => rq.destroy(new Error(`no answer to ${method} ${path.slice(0, 100)}`)));
    rq.on('response', (r) => {
      const parts: Buffer[] = [];
      // A stream of events has no end: what it begins with says that it was opened.
      if (String(r.headers['content-type']).startsWith('text/event-stream')) {
        done({ status: r.statusCode!, headers: r.headers, text: '', json: undefined });
        rq.destroy();
        return;
      }
      r.on('data', (d: Buffer) => parts.push(d));
      r.on('error', fail);
      r.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        let json: any;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        done({ status: r.statusCode!, headers: r.headers, text, json });
      });
    });
    // Whoever is refused by the head of a request may be answered before the body is through.
    if (body !== undefined) rq.write(body);
    rq.end();
  });
}
