/*
 * sw.js - the application opens without a connection, and says so itself. Kept are its page and its files below
 * /assets/, which never change under a name; of everything that belongs to a person or a film (/api/, /m/, /art/)
 * nothing is kept, answered or even looked at.
 * A release is a cache of its own. A new worker waits until no page of the old one is open, so that nobody loses
 * files under a running player; pages come from the network first, so that they are never of an old release.
 * Written into by vite.config.ts: the release and what a first screen needs.
 */
const release = '@release@';
const shell = ['@shell@'];
const page = '/index.html';
const network = ['/api/*', '/m/*', '/art/*', '/console', '/console/*', '/docs', '/metrics', '/healthz'];

const isAsset = (path) => path.startsWith('/assets/') || path === '/icon.svg';
const isPage = (request, path) => request.mode === 'navigate' && !network.some((p) => (p.endsWith('*') ? path.startsWith(p.slice(0, -1)) : path === p));

self.addEventListener('install', (event) => {
  /* A browser that can routes these past the worker without starting it. */
  if (event.addRoutes) event.waitUntil(event.addRoutes(network.map((pathname) => ({ condition: { urlPattern: new URLPattern({ pathname }) }, source: 'network' }))));
  event.waitUntil(caches.open(release).then((cache) => cache.addAll([page, ...shell])));
});

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('matinee-') && name !== release;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

/** The newest page; without a network, the one that was kept. */
async function pageAnswer(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(page, { cacheName: release });
    if (kept) return kept;
    throw error;
  }
}

/** A file under a name of its own: once had, never asked for again. */
async function assetAnswer(request) {
  const cache = await caches.open(release);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  /* A full disk is no reason to go without. */
  if (answer.status === 200) await cache.put(request, answer.clone()).catch(() => undefined);
  return answer;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (isPage(request, url.pathname)) event.respondWith(pageAnswer(request));
  else if (isAsset(url.pathname)) event.respondWith(assetAnswer(request));
});
