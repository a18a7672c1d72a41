// What the frame says, in both languages.

import { words } from '../i18n/index.svelte';

export const w = words(
  {
    label: 'Navigation principale',
    planning: 'Planning',
    projects: 'Projets',
    team: 'Équipe',
    conflicts: 'Conflits',
    reports: 'Rapports',
    members: 'Membres',
    profile: 'Mon compte',
    agenda: 'Mon agenda',
    invitations: 'Invitations',
    availability: 'Disponibilités',
    coach: 'Coach',
    admin: 'Administration',
    skip: 'Aller au contenu',
    organisation: 'Organisation',
  },
  {
    label: 'Main navigation',
    planning: 'Planning',
    projects: 'Projects',
    team: 'Crew',
    conflicts: 'Conflicts',
    reports: 'Reports',
    members: 'Members',
    profile: 'My account',
    agenda: 'My agenda',
    invitations: 'Invitations',
    availability: 'Availability',
    coach: 'Coach',
    admin: 'Administration',
    skip: 'Skip to content',
    organisation: 'Organisation',
  },
);
