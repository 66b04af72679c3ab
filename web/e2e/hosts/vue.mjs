// A Vue application that mounts the element, hands it an object and listens to it.

import { createApp, h, ref } from 'vue';

createApp({
  setup() {
    const mounted = ref(true);
    const opened = ref('');
    const templates = { run: 'https://ci.example.com/runs/{id}' };
    const open = (event) => {
      event.preventDefault();
      opened.value = event.detail.href;
    };
    return () => [
      h('main', [
        h('h1', 'Vue host'),
        h('p', { id: 'opened' }, opened.value),
        h('button', { onClick: () => (mounted.value = !mounted.value) }, 'Mount or not'),
      ]),
      mounted.value && h('rynda-alerts', { order: 'newest', templates, onAlertOpen: open }),
    ];
  },
}).mount('#app');
