/**
 * The staff app begins here: choices and language first, so that the first paint
 * is already right, then the page, which asks who is here and connects.
 */
import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import App from './app.svelte';
import { router } from './routing/router.svelte';
import { settings } from './settings/settings.svelte';
import { clock } from './text/clock.svelte';
import { messages } from './text/i18n.svelte';

settings.start();
clock.start();
router.start();
await messages.use(settings.current.language);

const target = document.getElementById('app');
if (target) mount(App, { target });
