/*
 * theme.ts - puts the links to the house's look and to its manifest into the page. They are the server's to answer and no files of
 * the build, so they are added when everything else has been bundled.
 */
import type { Plugin } from 'vite';

export function theme(): Plugin {
  return {
    name: 'matinee-theme',
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        { tag: 'link', attrs: { rel: 'stylesheet', href: '/api/v1/storefront/theme.css', 'data-theme': '' }, injectTo: 'head' },
        { tag: 'link', attrs: { rel: 'manifest', href: '/api/v1/storefront/manifest.webmanifest' }, injectTo: 'head' },
      ],
    },
  };
}
