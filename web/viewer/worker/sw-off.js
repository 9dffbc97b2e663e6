/*
 * sw-off.js - what the front answers as /sw.js with `offline-app = off`: takes the place of whatever worker a browser
 * has from us, throws away what that one kept, and takes itself off. Pages that are open go on.
 */
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('matinee-')).map((name) => caches.delete(name))))
      .then(() => self.registration.unregister()),
  );
});
