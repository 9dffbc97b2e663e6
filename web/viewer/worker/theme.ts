/*
 * theme.ts - puts the link to the house's look into the page. It is the server's to answer and no file of the build, so it is
 * added when everything else has been bundled.
 */
import type { Plugin } from 'vite';

export function theme(): Plugin {
  return {
    name: 'matinee-theme',
    transformIndexHtml: {
      order: 'post',
      handler: () => [{ tag: 'link', attrs: { rel: 'stylesheet', href: '/api/v1/storefront/theme.css', 'data-theme': '' }, injectTo: 'head' }],
    },
  };
}
