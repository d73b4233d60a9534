/** Statements that are kept in this browser, under names. Nothing of them goes to the server. */
const key = 'resource-share.queries';

interface Editor {
  text(): string;
  show(text: string): void;
}

export function offerSaved(editor: Editor): void {
  const section = document.querySelector<HTMLElement>('#saved');
  const list = section?.querySelector('ul');
  if (!section || !list) return;
  section.hidden = false;
  const name = element('input', { id: 'saved-name', autocomplete: 'off' });
  const label = element('label', {}, 'Save it as ', name);
  const form = element('form', { className: 'fields-form' }, label, element('button', {}, 'Save'));
  list.before(form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (name.value.trim() === '') return name.focus();
    write({ ...read(), [name.value.trim()]: editor.text() });
    name.value = '';
    draw(list, editor);
  });
  draw(list, editor);
}

function draw(list: Element, editor: Editor): void {
  const saved = Object.entries(read());
  list.replaceChildren(
    ...saved.map(([name, sql]) => {
      const show = element('button', { type: 'button', className: 'act' }, name);
      show.addEventListener('click', () => editor.show(sql));
      const remove = element('button', { type: 'button', className: 'act', ariaLabel: `Remove ${name}` }, 'Remove');
      remove.addEventListener('click', () => {
        write(Object.fromEntries(Object.entries(read()).filter(([each]) => each !== name)));
        draw(list, editor);
      });
      return element('li', {}, show, ' ', remove);
    }),
  );
}

/** A browser that keeps nothing, or something else, has none. */
function read(): Record<string, string> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof found === 'object' && found !== null ? (found as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function write(saved: Record<string, string>): void {
  try {
    localStorage.setItem(key, JSON.stringify(saved));
  } catch {
    // It is not kept then, as the list shows.
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
