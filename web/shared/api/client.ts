/*
 * client.ts - what the browser may ask of /api/v1, in types: one function a route, one type a schema, in the shape
 * that the generator (src/engine/http/typescript.c) gives; `matinee api-client` replaces it.
 */

export type Image = { src: string; width: number; height: number; srcset: { src: string; width: number }[]; color: string };
export type Progress = { position_s: number; duration_s: number; updated_at: string };
export type TitleCard = {
  id: string;
  slug: string;
  name: string;
  year?: number | null;
  runtime_s: number;
  poster: Image | null;
  still: Image | null;
  languages: string[];
  max_height: number;
  progress: Progress | null;
};
export type AudioInfo = { lang: string; label: string; channels: number; role: string };
export type TextInfo = { lang: string; label: string; role: string };
export type Title = TitleCard & {
  synopsis: string;
  backdrop: Image | null;
  audio: AudioInfo[];
  text: TextInfo[];
  published: boolean;
};
export type Role = 'viewer' | 'editor' | 'operator';
export type Session = {
  account: { id: string; email: string; roles: Role[] };
  profile: { id: string; name: string; lang: string };
  expires_at: string;
};
export type Hero = { title: TitleCard; backdrop: Image | null; synopsis: string };
export type Row = { id: string; kind: string; title: string; items: TitleCard[] };
export type Home = { hero: Hero | null; rows: Row[] };
export type TitleList = { items: TitleCard[]; next_cursor: string | null };
export type PlaybackDevice = {
  id?: string | null;
  kind: 'web' | 'tv' | 'phone' | 'other';
  name?: string;
  codecs: string[];
  max_height?: number;
  drm: string[];
};
export type Storyboard = {
  url_template: string;
  cols: number;
  rows: number;
  tile_width: number;
  tile_height: number;
  every_s: number;
  count: number;
};
export type Playback = {
  id: string;
  title: TitleCard;
  asset_id: string;
  hls_url: string;
  dash_url: string;
  protected: boolean;
  licence: { system: string; scheme: 'cbcs' | 'cenc'; url: string } | null;
  storyboard: Storyboard | null;
  resume_s: number;
  duration_s: number;
  heartbeat: { url: string; every_s: number };
  expires_at: string;
  device_id: string;
};
export type Heartbeat = { position_s: number; state: 'playing' | 'paused' | 'buffering' | 'ended'; at: string };
export type Impression = { row: string; row_index: number; position: number; title_id: string };
export type ClientEvent = {
  id: string;
  at: string;
  name: string;
  playback_id?: string;
  title_id?: string;
  position_s?: number;
  impression?: Impression;
  data?: Record<string, unknown>;
};
export type ClientEvents = { version: 1; sent_at: string; device_id?: string | null; events: ClientEvent[] };
export type FieldError = { field: string; detail: string };

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: FieldError[];
  readonly requestId: string;

  constructor(status: number, code: string, detail: string, errors: FieldError[] = [], requestId = '') {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.requestId = requestId;
  }
}

export interface Call {
  signal?: AbortSignal;
  fetch?: typeof globalThis.fetch;
}
type Query = Record<string, string | number | boolean | undefined>;

function withQuery(path: string, query?: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) pairs.set(name, String(value));
  return pairs.size ? `${path}?${pairs}` : path;
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; errors?: FieldError[]; request_id?: string };
  return new ApiError(response.status, problem.code ?? 'http', problem.detail ?? '', problem.errors ?? [], problem.request_id ?? '');
}

async function send<T>(method: string, path: string, call: Call = {}, json?: unknown): Promise<T> {
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
  };
  if (call.signal) init.signal = call.signal;
  if (json !== undefined) init.body = JSON.stringify(json);
  let response: Response;
  try {
    response = await (call.fetch ?? globalThis.fetch)(path, init);
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw new ApiError(0, 'network', 'The server cannot be reached. Check the connection.');
  }
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

const enc = encodeURIComponent;
export const accountCreate = (body: { email: string; password: string; name?: string; lang?: string }, call?: Call) => send<Session>('POST', '/api/v1/accounts', call, body);
export const sessionCreate = (body: { email: string; password: string }, call?: Call) => send<Session>('POST', '/api/v1/session', call, body);
export const sessionGet = (call?: Call) => send<Session>('GET', '/api/v1/session', call);
export const sessionDelete = (call?: Call) => send<void>('DELETE', '/api/v1/session', call);
export const homeGet = (call?: Call) => send<Home>('GET', '/api/v1/home', call);
export const titleList = (query?: { cursor?: string; limit?: number; q?: string }, call?: Call) => send<TitleList>('GET', withQuery('/api/v1/titles', query), call);
export const titleGet = (slug: string, call?: Call) => send<Title>('GET', `/api/v1/titles/${enc(slug)}`, call);
export const playbackCreate = (body: { title_id: string; device: PlaybackDevice }, call?: Call) => send<Playback>('POST', '/api/v1/playback', call, body);
export const playbackHeartbeat = (id: string, body: Heartbeat, call?: Call) => send<void>('POST', `/api/v1/playbacks/${enc(id)}/heartbeat`, call, body);
export const clientEvents = (body: ClientEvents, call?: Call) => send<void>('POST', '/api/v1/client-events', call, body);
export const getMeExport = (call?: Call) => send<unknown>('GET', '/api/v1/me/export', call);
export const deleteMe = (body: { password: string }, call?: Call) => send<void>('DELETE', '/api/v1/me', call, body);
