/** The search of the reference. The page is complete without it: the field shows itself where scripts run. */
const field = document.querySelector<HTMLInputElement>('#search');
const count = document.querySelector<HTMLElement>('#found');
const items = [...document.querySelectorAll<HTMLElement>('[data-words]')];
const sections = [...document.querySelectorAll<HTMLElement>('main section')];

function search(): void {
  const words = (field?.value ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of items) item.hidden = !words.every((word) => item.dataset.words?.includes(word));
  for (const section of sections)
    section.hidden = [...section.querySelectorAll<HTMLElement>('[data-words]')].every(({ hidden }) => hidden);
  const articles = items.filter(({ tagName }) => tagName === 'ARTICLE');
  const found = articles.filter(({ hidden }) => !hidden).length;
  if (count !== null) count.textContent = words.length === 0 ? '' : `${found} of ${articles.length}`;
}

const form = field?.closest<HTMLElement>('p');
if (field !== null && form) {
  form.hidden = false;
  field.addEventListener('input', search);
  search();
}
