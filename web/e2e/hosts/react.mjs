// A React application that mounts the element, hands it an object and listens to it.

import { createElement as h, useState } from 'react';
import { createRoot } from 'react-dom/client';

const templates = { run: 'https://ci.example.com/runs/{id}' };

function Host() {
  const [mounted, mount] = useState(true);
  const [opened, setOpened] = useState('');
  const open = (event) => {
    event.preventDefault();
    setOpened(event.detail.href);
  };
  return [
    h(
      'main',
      { key: 'main' },
      h('h1', null, 'React host'),
      h('p', { id: 'opened' }, opened),
      h('button', { onClick: () => mount(!mounted) }, 'Mount or not'),
    ),
    mounted && h('rynda-alerts', { key: 'alerts', order: 'newest', templates, 'onalert-open': open }),
  ];
}

createRoot(document.getElementById('app')).render(h(Host));
