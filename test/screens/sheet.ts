// The page that shows all screenshots beside one another, as they are in the folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Shot {
  app: string;
  name: string;
  /** "390", "1440", "television", "1440 light" */
  size: string;
  file: string;
  width: number;
}
const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const style = `
  :root { color-scheme: dark light; font: 14px/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; padding: 24px; background: Canvas; color: CanvasText; }
  h1 { font-size: 20px; } h2 { margin: 40px 0 8px; font-size: 16px; } h3 { margin: 20px 0 6px; font-size: 14px; font-weight: 600; }
  nav { position: sticky; top: 0; padding: 8px 0; background: Canvas; display: flex; flex-wrap: wrap; gap: 4px 12px; font-size: 12px; z-index: 1; max-height: 22vh; overflow: auto; }
  .row { display: flex; gap: 12px; align-items: flex-start; overflow-x: auto; }
  figure { margin: 0; flex: none; } figcaption { font-size: 12px; opacity: .7; }
  img { display: block; border: 1px solid color-mix(in srgb, CanvasText 20%, transparent); }
  details { margin: 8px 0; } .missing { color: #d33; }`;

/** missing: what was not drawn, and why. */
export function sheetWrite(folder: string, shots: Shot[], missing: string[], head: string): void {
  const apps = [...new Set(shots.map((shot) => shot.app))];
  const names = (app: string) => [...new Set(shots.filter((shot) => shot.app === app).map((shot) => shot.name))];
  const anchor = (app: string, name: string) => `${app}-${name}`.replaceAll(/[^a-z0-9]+/gi, '-');
  const screen = (app: string, name: string) => {
    const mine = shots.filter((shot) => shot.app === app && shot.name === name);
    const figures = mine.map((shot) => `<figure><a href="${escaped(shot.file)}"><img src="${escaped(shot.file)}" width="${Math.round(shot.width / (shot.width > 600 ? 3 : 1.6))}" loading="lazy" alt="${escaped(`${name}, ${shot.size}`)}"></a><figcaption>${escaped(shot.size)}</figcaption></figure>`);
    return `<h3 id="${anchor(app, name)}">${escaped(name)}</h3><div class="row">${figures.join('')}</div>`;
  };
  const parts = apps.map((app) => `<h2>${escaped(app)}</h2>${names(app).map((name) => screen(app, name)).join('')}`);
  const links = apps.flatMap((app) => names(app).map((name) => `<a href="#${anchor(app, name)}">${escaped(name)}</a>`));
  const gaps = missing.length ? `<h2 class="missing">Not drawn</h2><ul>${missing.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>` : '';
  writeFileSync(join(folder, 'index.html'), `<!doctype html><html lang="en"><meta charset="utf-8"><title>Screens</title><style>${style}</style><h1>${escaped(head)}</h1><nav>${links.join('')}</nav>${gaps}${parts.join('')}</html>\n`);
}
