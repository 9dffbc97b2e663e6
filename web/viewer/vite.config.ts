import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { mockApi } from './dev/mock';
import { icons } from './worker/icons';
import { worker } from './worker/plugin';
import { theme } from './worker/theme';

/*
 * MATINEE_MOCK=<folder of dev/media.sh>: the development server answers /api, /m and /art itself.
 * Otherwise they go to a running `matinee serve` (MATINEE_URL).
 */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const mock = process.env.MATINEE_MOCK;
const server = process.env.MATINEE_URL ?? 'http://localhost:8080';
const proxied = Object.fromEntries(['/api', '/m', '/art'].map((path) => [`^${path}/`, { target: server, changeOrigin: true }]));

export default defineConfig({
  root: here('.'),
  plugins: [react(), worker(), icons(), theme(), ...(mock ? [mockApi(mock)] : [])],
  resolve: { alias: { '@shared': here('../shared') } },
  server: mock ? {} : { proxy: proxied },
  build: {
    outDir: 'dist',
    target: 'es2022',
    assetsInlineLimit: 0, /* the content policy allows files, not data: URLs, for everything but images */
    modulePreload: { polyfill: false }, /* it would be an inline script's work */
    cssCodeSplit: true,
    sourcemap: false,
    chunkSizeWarningLimit: 600,
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
