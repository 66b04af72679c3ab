// Finding, copying and the address of this server. Without it the page is complete.
const find = document.getElementById('find');
const entries = [...document.querySelectorAll('[data-find]')];
const sections = [...document.querySelectorAll('[data-section]')];
const none = document.getElementById('none');

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const entry of entries) {
    const text = entry.dataset.find.toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
    if (!entry.hidden) found++;
  }
  for (const section of sections) section.hidden = !section.querySelector('[data-find]:not([hidden])');
  none.hidden = found > 0;
}

find.addEventListener('input', filter);
find.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') {
    const first = entries.find((entry) => !entry.hidden);
    first?.querySelector('a').click();
  } else if (event.key === 'Escape') {
    find.value = '';
    filter();
    find.blur();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target === find) return;
  event.preventDefault();
  find.focus();
  find.select();
});

for (const origin of document.querySelectorAll('[data-origin]')) origin.textContent = location.origin;

for (const block of document.querySelectorAll('[data-copy]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  const text = block.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(block.querySelector('code'));
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  });
  block.append(button);
}

// The entry of what is on screen is marked in the list, which on narrow screens
// stands above the text and must not be scrolled to.
const side = document.querySelector('.side');
const links = new Map([...document.querySelectorAll('.side a')].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver(
  (changes) => {
    for (const change of changes) {
      if (!change.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute('aria-current');
      const link = links.get(change.target.id);
      link?.setAttribute('aria-current', 'location');
      if (link && getComputedStyle(side).position === 'sticky') link.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    }
  },
  { rootMargin: '-64px 0px -70% 0px' },
);
for (const id of links.keys()) {
  const target = document.getElementById(id);
  if (target) seen.observe(target);
}
