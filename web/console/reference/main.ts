/*
 * main.ts - the API for people who write programs: every route, shape and event of /api/openapi.json on one page, searched as one types,
 * addressed by #operation. Nothing comes from another host, and nobody needs to sign in.
 */
import '@fontsource-variable/inter/wght.css';
import '../src/styles/base.css';
import './reference.css';
import { found, operationsOf, type Document, type Operation } from './document';
import { h } from './element';
import { eventView, operationView, schemaView } from './views';

const idOf = (group: string) => `group-${group.toLowerCase().replace(/[^a-z]+/g, '-')}`;

const intro = () =>
  h('section', { id: 'start', class: 'intro' },
    h('p', {}, 'Everything that the applications do goes by these routes, and yours may, too.'),
    h('dl', {},
      h('dt', {}, 'Who asks'), h('dd', {}, 'A program sends ', h('code', {}, 'Authorization: Bearer mtk_...'), ', a key that an operator makes in the ', h('a', { href: '/console/developers' }, 'console'), '. A route says which ', h('a', { href: '#scopes' }, 'scope'), ' it needs.'),
      h('dt', {}, 'Errors'), h('dd', {}, h('a', { href: '#shape-Problem' }, 'Problem'), ' (RFC 9457): branch on ', h('code', {}, 'code'), ', show ', h('code', {}, 'detail'), ', quote ', h('code', {}, 'request_id'), '. 429 and 503 say ', h('code', {}, 'Retry-After'), '.'),
      h('dt', {}, 'Lists'), h('dd', {}, h('code', {}, 'next_cursor'), ' is what ', h('code', {}, '?cursor='), ' asks the next page by; null: there is none.'),
      h('dt', {}, 'Money'), h('dd', {}, 'What costs some takes ', h('code', {}, 'Idempotency-Key'), ': the same key gives the first answer again.'),
      h('dt', {}, 'For machines'), h('dd', {}, h('a', { href: '/api/openapi.json' }, '/api/openapi.json'), ' (OpenAPI 3.1)')));

function groupsOf(operations: Operation[]): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const one of operations) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

const section = (id: string, title: string, content: Node[]) => h('section', { id, class: 'group' }, h('h2', {}, title), content);

/** The search hides what it does not find, and says when that is everything. */
function searchOf(operations: Operation[], main: HTMLElement): HTMLInputElement {
  const none = h('p', { class: 'none', hidden: true, role: 'status' }, 'No route has these words.');
  main.append(none);
  const input = h('input', { type: 'search', placeholder: 'Search routes', 'aria-label': 'Search routes', autocomplete: 'off', spellcheck: 'false' });
  input.addEventListener('input', () => {
    const typed = input.value.trim();
    let any = false;
    for (const one of operations) {
      const element = document.getElementById(one.id);
      const shown = found(one, typed);
      if (element) element.hidden = !shown;
      any ||= shown;
    }
    for (const group of main.querySelectorAll<HTMLElement>('.group, .intro')) {
      const routes = group.matches('.routes');
      group.hidden = typed !== '' && !(routes && group.querySelector('.operation:not([hidden])'));
    }
    none.hidden = any;
  });
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    input.focus();
  });
  return input;
}

/** What the address names is opened, also when it is named again; what a search hides is shown. */
function openNamed(search: HTMLInputElement): void {
  const element = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (element?.closest('[hidden]')) {
    search.value = '';
    search.dispatchEvent(new Event('input'));
  }
  if (element instanceof HTMLDetailsElement) element.open = true;
  element?.scrollIntoView();
}

function draw(root: HTMLElement, doc: Document): void {
  const operations = operationsOf(doc);
  const groups = groupsOf(operations);
  const scopes = doc.components.securitySchemes.key['x-scopes'];
  const main = h('main', { id: 'content' }, h('h1', {}, 'API reference'), intro());
  for (const [name, all] of groups) {
    const one = section(idOf(name), name, all.map((operation) => operationView(doc, operation)));
    one.classList.add('routes');
    main.append(one);
  }
  main.append(
    section('scopes', 'Scopes', [h('dl', { class: 'scopes' }, Object.entries(scopes).flatMap(([name, text]) => [h('dt', {}, h('code', {}, name)), h('dd', {}, text)]))]),
    section('events', 'Webhook events', Object.entries(doc.webhooks).map(([type, event]) => eventView(doc, type, event))),
    section('shapes', 'Shapes', Object.entries(doc.components.schemas).sort(([a], [b]) => a.localeCompare(b)).map(([name, schema]) => schemaView(name, schema))),
  );
  const links: [string, string][] = [['start', 'Start'], ...[...groups.keys()].map((name): [string, string] => [idOf(name), name]), ['scopes', 'Scopes'], ['events', 'Webhook events'], ['shapes', 'Shapes']];
  const nav = h('nav', { 'aria-label': 'Parts' }, h('ul', {}, links.map(([id, name]) => h('li', {}, h('a', { href: `#${id}` }, name)))));
  const search = searchOf(operations, main);
  const head = h('header', { class: 'top' }, h('a', { class: 'skip', href: '#content' }, 'Skip to the content'), h('a', { class: 'brand', href: '/docs' }, 'Matinee API'), search);
  root.replaceChildren(head, h('div', { class: 'frame' }, nav, main));
  addEventListener('hashchange', () => openNamed(search));
  root.addEventListener('click', (event) => {
    if (event.target instanceof HTMLAnchorElement && event.target.hash === location.hash) openNamed(search);
  });
  openNamed(search);
}

const root = document.getElementById('root');
if (!root) throw new Error('docs.html has no #root');
fetch('/api/openapi.json')
  .then(async (answer) => {
    if (!answer.ok) throw new Error(`${answer.status}`);
    draw(root, (await answer.json()) as Document);
  })
  .catch(() => root.replaceChildren(h('main', { class: 'none' }, h('h1', {}, 'API reference'), h('p', { role: 'alert' }, 'The description could not be loaded. '), h('button', { type: 'button', click: () => location.reload() }, 'Try again'))));
