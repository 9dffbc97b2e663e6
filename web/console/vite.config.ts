import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/*
 * The console lives below /console of the same address as the viewer's application. Its build goes into a folder of
 * that name, so that the front serves dist/ as it lies there.
 */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.MATINEE_URL ?? 'http://localhost:8080';
const proxied = Object.fromEntries(['/api', '/m', '/art'].map((path) => [`^${path}/`, { target: server, changeOrigin: true }]));

export default defineConfig({
  root: here('.'),
  base: '/console/',
  plugins: [react()],
  resolve: { alias: { '@shared': here('../shared') } },
  server: { proxy: proxied },
  build: {
    outDir: 'dist/console',
    rollupOptions: { input: { index: here('index.html'), docs: here('docs.html') } }, /* docs.html is /docs: the API's reference */
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, /* the content policy allows files, not data: URLs, for everything but images */
    modulePreload: { polyfill: false }, /* it would be an inline script's work */
    cssCodeSplit: true,
    sourcemap: false,
    chunkSizeWarningLimit: 600,
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
