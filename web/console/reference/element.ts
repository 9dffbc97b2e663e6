/* element.ts - elements out of a few words. What comes from the document is always text, never markup. */
type Child = Node | string | undefined | false;
type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: (Child | Child[])[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child) element.append(child);
  return element;
}

/** Its content is made when it is opened first: there are hundreds. */
export function fold(attributes: Attributes, summary: Child[], make: () => Child[]): HTMLDetailsElement {
  const details = h('details', attributes, h('summary', {}, summary));
  details.addEventListener('toggle', () => details.open && details.childElementCount === 1 && details.append(...make().filter((one) => one !== undefined && one !== false)));
  return details;
}
