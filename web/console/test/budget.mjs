/* budget.mjs - after a build: what signing in and a first screen load, compressed, stays in its bounds; the page carries nothing inline; screens are chunks. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const FIRST = 230 * 1000;
const SCREEN = 60 * 1000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const page = readFileSync(`${dist}console/index.html`, 'utf8');
const size = (name) => gzipSync(readFileSync(dist + name)).length;
const scripts = [...page.matchAll(/<(?:script[^>]*src|link[^>]*rel="modulepreload"[^>]*href)="\/([^"]+)"/g)].map((m) => m[1]);
const first = scripts.reduce((sum, name) => sum + size(name), 0);
const problems = [];
if (!scripts.length) problems.push('index.html loads no script');
if (first > FIRST) problems.push(`first-load script is ${first} bytes compressed, over ${FIRST}`);
if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/.test(page)) problems.push('index.html carries inline script or style, which the content policy forbids');
const others = readdirSync(`${dist}console/assets`).filter((name) => name.endsWith('.js') && !scripts.includes(`console/assets/${name}`));
if (!others.some((name) => name.startsWith('IngestScreen'))) problems.push('the screens are not chunks of their own');
/* The player is loaded where a film is looked at, and nowhere else. */
const player = /^shaka[-.]/;
for (const name of others) if (!player.test(name) && size(`console/assets/${name}`) > SCREEN) problems.push(`${name} is over ${SCREEN} bytes compressed`);
for (const problem of problems) console.error(problem);
console.log(`console: ${(first / 1000).toFixed(1)} KB of script compressed before the first screen (budget ${FIRST / 1000})`);
process.exit(problems.length ? 1 : 0);
