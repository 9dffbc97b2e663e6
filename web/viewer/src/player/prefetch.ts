const saving = () => (navigator as Navigator & { connection?: { saveData?: boolean } }).connection?.saveData === true;

/** Fetches the player's chunks while someone reads, so that Play plays. Returns what calls it off. */
export function playerPrefetch(after_ms = 600): () => void {
  if (saving()) return () => {};
  const timer = setTimeout(() => {
    void import('../screens/watch/WatchScreen').catch(() => {});
    void import('./shaka').catch(() => {});
  }, after_ms);
  return () => clearTimeout(timer);
}
