// What people read, in English.

import type { Messages } from './fr';

export const en: Messages = {
  tagline: 'Crew planning, without the knots.',
  theme: 'Change theme',
  language: 'Français',
  signOut: 'Sign out',
  loading: 'Loading…',
  retry: 'Try again',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  undo: 'Undo',
  undone: 'Change undone.',
  more: 'Show more',
  justNow: 'just now',
  network: 'The server does not answer. Check your connection, then try again.',
  reference: 'Reference',
  fields: {
    email: 'Email address',
    password: 'Password',
    show: 'Show password',
    hide: 'Hide password',
  },
  login: {
    title: 'Sign in',
    lead: 'Back to your crew and your dates.',
    submit: 'Sign in',
    busy: 'Signing in…',
    remember: 'Stay signed in on this device',
    none: 'No account yet?',
    create: 'Create an account',
    ended: 'Your session is over. Sign in again to go on where you were.',
    email: 'Enter an email address, such as lina@example.com.',
    password: 'Enter your password.',
    wait: 'Too many tries. Try again in {n} s.',
  },
};
