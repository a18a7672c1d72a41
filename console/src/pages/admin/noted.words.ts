// The fields and codes that a line of the log holds, in words.

import { words } from '../../i18n/index.svelte';

const fr = {
  changed: 'Ce qui a changé', name: 'Nom', title: 'Titre', status: 'Statut', client: 'Client', venue: 'Lieu', location: 'Lieu', note: 'Note', roles: 'Postes', hue: 'Couleur',
  starts_on: 'Premier jour', ends_on: 'Dernier jour', start_at: 'Début', end_at: 'Fin', break_minutes: 'Pause (minutes)', budget_cents: 'Budget (centimes)', currency: 'Monnaie', time_zone: 'Fuseau horaire',
  project_id: 'Projet', mission_id: 'Mission', user_id: 'Personne', active: 'Planifiée', employment_type: 'Contrat', email: 'Adresse e-mail', phone: 'Téléphone', bio: 'Présentation', skills: 'Compétences', tags: 'Étiquettes',
  first_name: 'Prénom', last_name: 'Nom de famille', legal_ids: 'Numéros légaux', account_id: 'Compte', role: 'Rôle', reason: 'Raison', missions: 'Missions', assignments: 'Affectations', override: 'Malgré un conflit',
  true: 'oui', false: 'non', wrong_password: 'mot de passe erroné', DRAFT: 'brouillon', ACTIVE: 'en cours', ARCHIVED: 'archivé', PUBLISHED: 'publiée', CANCELLED: 'annulée',
  INVITED: 'sollicitée', ACCEPTED: 'acceptée', DECLINED: 'refusée', PENDING: 'en attente', APPROVED: 'accordée', REJECTED: 'refusée',
};
const en: typeof fr = {
  changed: 'What changed', name: 'Name', title: 'Title', status: 'Status', client: 'Client', venue: 'Venue', location: 'Place', note: 'Note', roles: 'Roles', hue: 'Colour',
  starts_on: 'First day', ends_on: 'Last day', start_at: 'Start', end_at: 'End', break_minutes: 'Break (minutes)', budget_cents: 'Budget (cents)', currency: 'Currency', time_zone: 'Time zone',
  project_id: 'Project', mission_id: 'Mission', user_id: 'Person', active: 'Planned', employment_type: 'Contract', email: 'Email address', phone: 'Phone', bio: 'Introduction', skills: 'Skills', tags: 'Tags',
  first_name: 'First name', last_name: 'Last name', legal_ids: 'Legal numbers', account_id: 'Account', role: 'Role', reason: 'Reason', missions: 'Missions', assignments: 'Assignments', override: 'Despite a conflict',
  true: 'yes', false: 'no', wrong_password: 'wrong password', DRAFT: 'draft', ACTIVE: 'active', ARCHIVED: 'archived', PUBLISHED: 'published', CANCELLED: 'cancelled',
  INVITED: 'asked', ACCEPTED: 'accepted', DECLINED: 'declined', PENDING: 'pending', APPROVED: 'approved', REJECTED: 'rejected',
};
const noted = words(fr, en);
/** A field or a code of the log in words; what has none stands as it was noted. */
export const said = (name: string): string => (noted() as Record<string, string>)[name] ?? name;
