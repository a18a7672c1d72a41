// What people read around signing in, beside the catalogue that every page has.

import { words } from '../../i18n/index.svelte';

const fr = {
  back: 'Revenir à la connexion',
  forgot: 'Mot de passe oublié\u00a0?',
  or: 'ou',
  with: 'Continuer avec {name}',
  magic: 'Recevoir un lien par e-mail',
  noPassword: 'Ici, on se connecte avec le compte d’un fournisseur.',
  closed: 'Les inscriptions sont fermées. Demandez un compte à un administrateur.',
  linkAny: 'Un compte existe déjà avec cette adresse. Connectez-vous pour y associer ce fournisseur.',
  linked: 'Le fournisseur est associé à votre compte.',
};
const en: typeof fr = {
  back: 'Back to signing in',
  forgot: 'Forgot your password?',
  or: 'or',
  with: 'Continue with {name}',
  magic: 'Get a link by email',
  noPassword: 'People sign in here with the account of a provider.',
  closed: 'Signing up is closed. Ask an administrator for an account.',
  linkAny: 'There is an account with this address. Sign in to link this provider with it.',
  linked: 'The provider is linked with your account.',
};
export const w = words(fr, en);
