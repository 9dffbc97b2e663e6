/* worker.ts - asks the browser to keep the application for days without a connection (worker/sw.js). Where that is not possible
 * (no secure context, a private window) it is simply not kept. */
export function workerStart(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  /* After the first screen: what it fetches comes first. */
  const register = () => void navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).catch(() => undefined);
  if (document.readyState === 'complete') register();
  else addEventListener('load', register, { once: true });
}
