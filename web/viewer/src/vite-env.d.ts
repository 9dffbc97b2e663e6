/// <reference types="vite/client" />
/* The browser tests' window into the player; see lib/store.ts. */
interface Window {
  __matinee_player?: unknown;
}
