// Where the console begins: the theme that was chosen, then the application; an invitation stands without it.

import './fonts.css';
import './app.css';
import { mount } from 'svelte';

const theme = localStorage.getItem('theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;

const root = location.pathname === '/invite' ? import('./pages/invitation/Invitation.svelte') : import('./App.svelte');
void root.then(({ default: Root }) => mount(Root, { target: document.getElementById('app')! }));
