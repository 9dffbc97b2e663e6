/* plugin.ts - writes sw.js and sw-off.js beside the application, the first with the files of this build in it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin, Rollup } from 'vite';

const read = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');

/** What every first screen loads: the entry with what it imports, its style, the Latin letters. Words other than English are kept by who speaks them (src/lib/worker.ts). */
function shellFiles(bundle: Rollup.OutputBundle): string[] {
  const names = new Set<string>();
  const add = (name: string) => {
    const file = bundle[name];
    if (!file || names.has(name)) return;
    names.add(name);
    if (file.type !== 'chunk') return;
    file.imports.forEach(add);
    file.viteMetadata?.importedCss.forEach(add);
  };
  for (const [name, file] of Object.entries(bundle)) {
    if ((file.type === 'chunk' && file.isEntry) || /inter-latin-wght/.test(name)) add(name);
  }
  return [...names].filter((name) => !name.endsWith('.html')).sort();
}

export function worker(): Plugin {
  return {
    name: 'matinee-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const source = read('./sw.js');
      /* The page names the entry and its style by their hashes, so that any change of it is in the release's name. */
      const all = [...Object.keys(bundle).sort(), source].join('\n');
      const release = `matinee-${createHash('sha256').update(all).digest('hex').slice(0, 12)}`;
      const shell = ['/icon.svg', ...shellFiles(bundle).map((name) => `/${name}`)];
      const code = source.replace("'@release@'", JSON.stringify(release)).replace("['@shell@']", JSON.stringify(shell));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: code });
      this.emitFile({ type: 'asset', fileName: 'sw-off.js', source: read('./sw-off.js') });
    },
  };
}
