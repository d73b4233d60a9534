/**
 * Changes an element into what it is to be, and leaves alone what is so already: where the reader is, what is open, selected or typed
 * stays. Children are told apart by `id` or `data-key`, else by their order.
 */
export function morph(from: Element, to: Element): void {
  if (from.hasAttribute('data-drawn')) {
    // What is in it was drawn from its attributes, and is drawn again by whoever listens.
    if (setAttributes(from, to)) from.dispatchEvent(new Event('redraw'));
    return;
  }
  setAttributes(from, to);
  morphChildren(from, to);
}

function morphChildren(from: Element, to: Element): void {
  const keyed = new Map<string, Element>();
  for (const child of from.children) {
    const key = keyOf(child);
    if (key !== null) keyed.set(key, child);
  }
  let next: ChildNode | null = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = wanted instanceof Element ? keyOf(wanted) : null;
    const found: ChildNode | null = key === null ? matching(next, wanted) : (keyed.get(key) ?? null);
    if (found === null) {
      from.insertBefore(wanted, next);
      continue;
    }
    if (found === next) next = next.nextSibling;
    else from.insertBefore(found, next);
    if (found instanceof Element && wanted instanceof Element) morph(found, wanted);
    else if (found.nodeValue !== wanted.nodeValue) found.nodeValue = wanted.nodeValue;
  }
  while (next !== null) {
    const after: ChildNode | null = next.nextSibling;
    next.remove();
    next = after;
  }
}

/** The node that stands there, where it is of the same kind and not told apart by a key. */
function matching(node: ChildNode | null, wanted: ChildNode): ChildNode | null {
  if (node === null || node.nodeName !== wanted.nodeName) return null;
  return node instanceof Element && keyOf(node) !== null ? null : node;
}

const keyOf = (element: Element): string | null => element.getAttribute('data-key') ?? (element.id || null);

/** What the reader has opened stays open. */
const readersOwn = new Set(['open', 'data-drawn']);

/** Whether any has changed. */
function setAttributes(from: Element, to: Element): boolean {
  let changed = false;
  for (const { name, value } of [...to.attributes]) {
    if (readersOwn.has(name) || from.getAttribute(name) === value) continue;
    from.setAttribute(name, value);
    changed = true;
  }
  for (const { name } of [...from.attributes]) {
    if (readersOwn.has(name) || to.hasAttribute(name)) continue;
    from.removeAttribute(name);
    changed = true;
  }
  return changed;
}
