// The pages for whoever is signed in: known to those only, so that signing in does not wait for the list.

import type { Component } from 'svelte';
import { session } from './lib/session.svelte';

export type Page = () => Promise<{ default: Component }>;
export const inside: [RegExp, Page][] = [
  // A technician comes for their dates, everybody else for the planning.
  [/^\/$/, () => (session.me?.role === 'tech' ? import('./pages/agenda/Agenda.svelte') : import('./pages/planning/Planning.svelte'))],
  [/^\/planning$/, () => import('./pages/planning/Planning.svelte')],
  [/^\/projects$/, () => import('./pages/projects/Projects.svelte')],
  [/^\/projects\/[^/]+$/, () => import('./pages/projects/Project.svelte')],
  [/^\/projects\/[^/]+\/callsheet$/, () => import('./pages/projects/CallSheet.svelte')],
  [/^\/team$/, () => import('./pages/team/Team.svelte')],
  [/^\/team\/[^/]+$/, () => import('./pages/team/Person.svelte')],
  [/^\/conflicts$/, () => import('./pages/conflicts/Conflicts.svelte')],
  [/^\/reports$/, () => import('./pages/reports/Reports.svelte')],
  [/^\/(agenda|invitations)$/, () => import('./pages/agenda/Agenda.svelte')],
  [/^\/availability$/, () => import('./pages/availability/Availability.svelte')],
  [/^\/coach$/, () => import('./pages/coach/Coach.svelte')],
  [/^\/members$/, () => import('./pages/admin/Members.svelte')],
  [/^\/admin(\/.*)?$/, () => import('./pages/admin/Admin.svelte')],
  [/^\/profile$/, () => import('./pages/profile/Profile.svelte')],
];
