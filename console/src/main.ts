// Where the console begins: the theme that was chosen, then the page.

import './fonts.css';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';

const theme = localStorage.getItem('theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;

mount(App, { target: document.getElementById('app')! });
