/* worker.ts - asks the browser to keep the application for days without a connection (worker/sw.js). Where that is not possible
 * (no secure context, a private window) it is simply not kept. */
/** What the first visit loaded before the worker was there, its words above all, goes through it once; the browser has it at hand. */
function keepLoaded(): void {
  for (const { name } of performance.getEntriesByType('resource'))
    if (name.startsWith(`${location.origin}/assets/`)) void fetch(name).catch(() => undefined);
}

export function workerStart(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  if (!navigator.serviceWorker.controller) navigator.serviceWorker.addEventListener('controllerchange', keepLoaded, { once: true });
  /* After the first screen: what it fetches comes first. */
  const register = () => void navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).catch(() => undefined);
  if (document.readyState === 'complete') register();
  else addEventListener('load', register, { once: true });
}
