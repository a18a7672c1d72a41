// What roles in an organisation are called, in both languages.

import { words } from '../i18n/index.svelte';

export const roleNames = words(
  { tech: 'Technicien', manager: 'Responsable', admin: 'Administrateur', owner: 'Propriétaire' },
  { tech: 'Technician', manager: 'Manager', admin: 'Administrator', owner: 'Owner' },
);
