/** Fetches the player's chunks while someone reads a title's page, so that Play plays. Returns what calls it off. */
export function playerPrefetch(): () => void {
  const timer = setTimeout(() => {
    void import('../screens/watch/WatchScreen').catch(() => {});
    void import('./shaka').catch(() => {});
  }, 600);
  return () => clearTimeout(timer);
}
