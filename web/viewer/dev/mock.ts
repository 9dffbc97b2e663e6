/*
 * mock.ts - a stand-in for the server while drawing screens: Vite middleware, never shipped.
 * GET /__mock?mode=normal|empty|error|forbidden|slow changes how it behaves.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { Plugin } from 'vite';
import { films, type Film } from './films';

type Reply = { status: number; body?: unknown; cookie?: string };
const types: Record<string, string> = {
  '.jpg': 'image/jpeg', '.mpd': 'application/dash+xml', '.m4s': 'video/iso.segment', '.mp4': 'video/mp4', '.vtt': 'text/vtt',
};
const image = (name: string, width: number, height: number, color: string) => ({
  src: `/art/${name}`, width, height, srcset: [{ src: `/art/${name}`, width }], sources: [], color, blur: null,
});
const problem = (status: number, code: string, detail: string, errors?: unknown): Reply => ({
  status, body: { type: `https://matinee/errors/${code}`, title: code, status, code, detail, errors, request_id: 'mock' },
});

export function mockApi(folder: string): Plugin {
  let mode = 'normal';
  const email = 'ana@example.org';
  const progress = new Map<string, number>(films.filter((f) => f.at).map((f) => [f.slug, f.at ?? 0]));

  const card = (film: Film) => ({
    id: film.id, slug: film.slug, name: film.name, year: film.year, runtime_s: film.runtime_s, languages: ['en', 'fr'], max_height: film.height,
    poster: film.art ? image(`${film.art}-poster.jpg`, 480, 720, film.color) : null,
    still: film.art ? image(`${film.art}-still.jpg`, 640, 360, film.color) : null,
    progress: progress.has(film.slug)
      ? { position_s: progress.get(film.slug), duration_s: film.runtime_s, updated_at: '2026-11-20T20:00:00Z' }
      : null,
  });
  const backdrop = (film: Film) => (film.art ? image(`${film.art}-backdrop.jpg`, 1920, 1080, film.color) : null);
  const title = (film: Film) => ({
    ...card(film), synopsis: film.synopsis, backdrop: backdrop(film), logo: null, published: true,
    audio: [{ lang: 'en', label: 'English', channels: 6, role: 'main' }, { lang: 'fr', label: 'Français', channels: 2, role: 'main' }],
    text: [{ lang: 'en', label: 'English', role: 'subtitle' }, { lang: 'es', label: 'Español', role: 'subtitle' }],
  });
  const session = { account: { id: 'a1', email, roles: ['viewer'] }, profile: { id: 'p1', name: 'Ana', lang: 'en' }, expires_at: '2027-01-01T00:00:00Z' };
  const hero = (film: Film) => ({ title: card(film), backdrop: backdrop(film), synopsis: film.synopsis, headline: null });
  const home = () => ({
    hero: films[0] && hero(films[0]),
    heroes: films.slice(0, 1).map(hero),
    rows: [
      { id: 'continue', kind: 'continue', shape: 'still', title: 'Continue watching', items: films.filter((f) => progress.has(f.slug)).map(card) },
      { id: 'new', kind: 'new', shape: 'poster', title: 'New this week', items: films.map(card) },
      { id: 'all', kind: 'all', shape: 'poster', title: 'Everything', items: [...films].reverse().map(card) },
    ],
  });
  const playback = (film: Film) => ({
    id: film.slug, title: card(film), asset_id: 'as1', hls_url: '/m/mock/stream/manifest.m3u8', dash_url: '/m/mock/stream/manifest.mpd', protected: false, licence: null, limit: null,
    storyboard: { url_template: '/m/mock/stream/tiles-{n}.jpg', cols: 5, rows: 5, tile_width: 240, tile_height: 135, every_s: 2, count: 20 },
    resume_s: Math.min(progress.get(film.slug) ?? 0, 20), duration_s: 40,
    heartbeat: { url: `/api/v1/playbacks/${film.slug}/heartbeat`, every_s: 10 }, expires_at: '2027-01-01T00:00:00Z', device_id: '01JDEV00000000000000000000',
  });

  async function route(method: string, url: URL, body: Record<string, unknown>, signedIn: boolean): Promise<Reply> {
    const path = url.pathname.replace('/api/v1', '');
    const is = (m: string, p: string) => m === method && p === path;
    if (is('POST', '/session'))
      return body.password === 'wrong'
        ? problem(401, 'session.wrong_credentials', 'The e-mail address and the password do not belong together.')
        : { status: 200, body: session, cookie: 'mock_session=1; Path=/' };
    if (is('POST', '/accounts')) {
      if (body.email === 'taken@example.org') return problem(409, 'account.email_taken', 'This address has an account.');
      if (String(body.password).length < 8)
        return problem(400, 'account.password_weak', 'Too easy to guess.', [{ field: 'password', detail: 'Use at least 8 characters.' }]);
      return { status: 201, body: session, cookie: 'mock_session=1; Path=/' };
    }
    if (is('DELETE', '/session')) return { status: 204, cookie: 'mock_session=; Path=/; Max-Age=0' };
    if (!signedIn) return problem(401, 'unauthenticated', 'Sign in first.');
    if (is('GET', '/session')) return { status: 200, body: session };
    if (mode === 'slow') await new Promise((done) => setTimeout(done, 4000));
    if (mode === 'forbidden') return problem(403, 'forbidden', 'This account may not watch.');
    if (mode === 'error') return problem(500, 'internal', 'The database is away.');
    if (is('GET', '/home')) return { status: 200, body: mode === 'empty' ? { hero: null, heroes: [], rows: [] } : home() };
    if (is('GET', '/titles')) {
      const q = (url.searchParams.get('q') ?? '').toLowerCase();
      return { status: 200, body: { items: mode === 'empty' ? [] : films.filter((f) => f.name.toLowerCase().includes(q)).map(card), next_cursor: null } };
    }
    const film = films.find((f) => path === `/titles/${f.slug}` || path === `/playbacks/${f.slug}/heartbeat` || (path === '/playback' && body.title_id === f.id));
    if (film && path.startsWith('/titles/')) return { status: 200, body: title(film) };
    if (film && path === '/playback')
      return film.height ? { status: 201, body: playback(film) } : problem(409, 'playback.not_ready', 'Still being prepared.');
    if (film && path.endsWith('/heartbeat')) {
      progress.set(film.slug, Number(body.position_s));
      return { status: 204 };
    }
    if (is('POST', '/client-events')) return { status: 204 };
    if (is('GET', '/me/export')) return { status: 200, body: { account: { email } } };
    if (is('DELETE', '/me'))
      return body.password === 'wrong' ? problem(403, 'session.wrong_credentials', '') : { status: 204, cookie: 'mock_session=; Path=/; Max-Age=0' };
    return problem(404, 'not_found', 'No such page.');
  }

  async function answer(req: IncomingMessage, res: ServerResponse, url: URL) {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const reply = await route(req.method ?? 'GET', url, text ? JSON.parse(text) : {}, /mock_session=1/.test(req.headers.cookie ?? ''));
    res.statusCode = reply.status;
    if (reply.cookie) res.setHeader('set-cookie', reply.cookie);
    if (reply.body !== undefined) res.setHeader('content-type', 'application/json');
    res.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  }

  function file(req: IncomingMessage, res: ServerResponse, name: string) {
    const path = join(folder, normalize(name).replace(/^(\.\.[/\\])+/, ''));
    if (!existsSync(path)) return void ((res.statusCode = 404), res.end());
    const size = statSync(path).size;
    const range = /bytes=(\d+)-(\d*)/.exec(req.headers.range ?? '');
    res.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
    if (!range) return void createReadStream(path).pipe(res);
    const start = Number(range[1]);
    const end = range[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
    res.statusCode = 206;
    res.setHeader('content-range', `bytes ${start}-${end}/${size}`);
    createReadStream(path, { start, end }).pipe(res);
  }

  return {
    name: 'matinee-mock',
    configureServer(server) {
      server.middlewares.use((req, res, next) => {
        const url = new URL(req.url ?? '/', 'http://mock');
        if (url.pathname === '/__mock') {
          mode = url.searchParams.get('mode') ?? 'normal';
          res.end(mode);
        } else if (url.pathname.startsWith('/api/')) void answer(req, res, url);
        else if (url.pathname.startsWith('/art/')) file(req, res, url.pathname.slice(5));
        else if (url.pathname.startsWith('/m/mock/')) file(req, res, url.pathname.slice(8));
        else next();
      });
    },
  };
}
