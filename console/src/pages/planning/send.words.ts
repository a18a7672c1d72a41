// What people read when invitations are sent, in both languages.

import { words } from '../../i18n/index.svelte';

export const w = words(
  {
    open: 'Invitations',
    title: 'Envoyer les invitations',
    text: 'Chaque personne reçoit un e-mail avec la date, le lieu et deux boutons pour répondre, sans compte.',
    send: { one: 'Envoyer {n} invitation', other: 'Envoyer {n} invitations' },
    sent: { one: '{n} invitation envoyée.', other: '{n} invitations envoyées.' },
    failed: { one: '{n} invitation n’est pas partie. La raison est écrite sous le nom.', other: '{n} invitations ne sont pas parties. La raison est écrite sous chaque nom.' },
    before: 'déjà envoyée {when}',
    never: 'pas encore envoyée',
    none: 'Personne n’attend d’invitation sur cette période.',
    sending: 'Envoi…',
    done: 'envoyée',
  },
  {
    open: 'Invitations',
    title: 'Send the invitations',
    text: 'Everybody gets an email with the date, the place and two buttons to answer, without an account.',
    send: { one: 'Send {n} invitation', other: 'Send {n} invitations' },
    sent: { one: '{n} invitation sent.', other: '{n} invitations sent.' },
    failed: { one: '{n} invitation was not sent. The reason stands below the name.', other: '{n} invitations were not sent. The reason stands below each name.' },
    before: 'sent already {when}',
    never: 'not sent yet',
    none: 'Nobody awaits an invitation in these days.',
    sending: 'Sending…',
    done: 'sent',
  },
);
