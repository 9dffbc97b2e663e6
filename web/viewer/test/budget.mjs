/* budget.mjs - after a build: what the first screen loads, compressed, may not grow past 170 KB of script; and the page carries nothing inline. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 170 * 1000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const page = readFileSync(`${dist}index.html`, 'utf8');
const scripts = [...page.matchAll(/<(?:script[^>]*src|link[^>]*rel="modulepreload"[^>]*href)="\/([^"]+)"/g)].map((m) => m[1]);
const total = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(dist + name)).length, 0);
const problems = [];
if (!scripts.length) problems.push('index.html loads no script');
if (total > BUDGET) problems.push(`first-load script is ${total} bytes compressed, over ${BUDGET}`);
if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/.test(page)) problems.push('index.html carries inline script or style, which the content policy forbids');
/* A word that only Shaka holds. */
const mark = 'MediaSourceEngine';
const holds = (name) => readFileSync(dist + name, 'utf8').includes(mark);
if (!readdirSync(`${dist}assets`).some((name) => name.endsWith('.js') && holds(`assets/${name}`))) problems.push(`no script holds "${mark}": this check looks for the wrong word`);
if (scripts.some(holds)) problems.push('the player is in the first load');
for (const problem of problems) console.error(problem);
console.log(`first load: ${(total / 1000).toFixed(1)} KB of script compressed (budget ${BUDGET / 1000})`);
process.exit(problems.length ? 1 : 0);
