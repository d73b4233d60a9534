/** The search field of the reference. The page is complete without it: the field shows itself where scripts run. */
export const docsScript = `
const field = document.querySelector('#search');
const count = document.querySelector('#found');
const items = [...document.querySelectorAll('[data-words]')];
const sections = [...document.querySelectorAll('main section')];
function search() {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const item of items) item.hidden = !words.every((word) => item.dataset.words.includes(word));
  for (const section of sections) section.hidden = [...section.querySelectorAll('[data-words]')].every(({ hidden }) => hidden);
  const articles = items.filter(({ tagName }) => tagName === 'ARTICLE');
  count.textContent = words.length === 0 ? '' : articles.filter(({ hidden }) => !hidden).length + ' of ' + articles.length;
}
field.closest('p').hidden = false;
field.addEventListener('input', search);
search();
`;
