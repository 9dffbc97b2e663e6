/*
 * client.ts - what the browser may ask of /api/v1, in types. One function a route, one type a schema.
 * Every failure is an ApiError: status 0 is the network, anything else is the server's problem+json with
 * its stable code. A caller never sees a bare TypeError from fetch.
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
export type HomeRow = { id: string; kind: string; title: string; items: TitleCard[] };
export type Home = { hero: Hero | null; rows: HomeRow[] };
export type TitlePage = { items: TitleCard[]; next_cursor: string | null };
export type Device = {
  id?: string;
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
};
export type PlaybackState = 'playing' | 'paused' | 'buffering' | 'ended';
export type Heartbeat = { position_s: number; state: PlaybackState; at: string };
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
export type ClientEvents = { version: 1; sent_at: string; device_id?: string; events: ClientEvent[] };
export type FieldError = { field: string; detail: string };

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly requestId?: string,
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

type Options = { signal?: AbortSignal; keepalive?: boolean };
type Query = Record<string, string | number | undefined>;

function withQuery(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== '') search.set(name, String(value));
  return search.size ? `${path}?${search}` : path;
}

async function problemOf(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { code?: string; detail?: string; title?: string; errors?: FieldError[]; request_id?: string };
    return new ApiError(response.status, body.code ?? `http.${response.status}`, body.detail ?? body.title ?? '', body.errors, body.request_id);
  } catch {
    return new ApiError(response.status, `http.${response.status}`, response.statusText);
  }
}

async function call<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: options.signal,
      keepalive: options.keepalive,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'network', '');
  }
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const enc = encodeURIComponent;

export const api = {
  accountCreate: (body: { email: string; password: string; name?: string; lang?: string }, o?: Options) =>
    call<Session>('POST', '/api/v1/accounts', body, o),
  sessionCreate: (body: { email: string; password: string }, o?: Options) => call<Session>('POST', '/api/v1/session', body, o),
  sessionGet: (o?: Options) => call<Session>('GET', '/api/v1/session', undefined, o),
  sessionDelete: (o?: Options) => call<void>('DELETE', '/api/v1/session', undefined, o),
  homeGet: (o?: Options) => call<Home>('GET', '/api/v1/home', undefined, o),
  titleList: (query: { cursor?: string; limit?: number; q?: string }, o?: Options) =>
    call<TitlePage>('GET', withQuery('/api/v1/titles', query), undefined, o),
  titleGet: (slug: string, o?: Options) => call<Title>('GET', `/api/v1/titles/${enc(slug)}`, undefined, o),
  playbackCreate: (body: { title_id: string; device: Device }, o?: Options) => call<Playback>('POST', '/api/v1/playback', body, o),
  playbackHeartbeat: (url: string, body: Heartbeat, o?: Options) => call<void>('POST', url, body, o),
  clientEvents: (body: ClientEvents, o?: Options) => call<void>('POST', '/api/v1/client-events', body, o),
  meExport: (o?: Options) => call<unknown>('GET', '/api/v1/me/export', undefined, o),
  meDelete: (body: { password: string }, o?: Options) => call<void>('DELETE', '/api/v1/me', body, o),
};
