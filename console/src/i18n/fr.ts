// What people read, in French. This catalogue is the type: a key that another language lacks is a compile error.

export const fr = {
  tagline: 'Le planning d’équipe, sans les nœuds.',
  theme: 'Changer de thème',
  language: 'English',
  signOut: 'Se déconnecter',
  loading: 'Chargement…',
  retry: 'Réessayer',
  close: 'Fermer',
  cancel: 'Annuler',
  save: 'Enregistrer',
  undo: 'Annuler',
  undone: 'Modification annulée.',
  more: 'Afficher la suite',
  justNow: 'à l’instant',
  network: 'Le serveur ne répond pas. Vérifiez votre connexion, puis réessayez.',
  reference: 'Référence',
  fields: {
    email: 'Adresse e-mail',
    password: 'Mot de passe',
    show: 'Afficher le mot de passe',
    hide: 'Masquer le mot de passe',
  },
  login: {
    title: 'Connexion',
    lead: 'Retrouvez votre équipe et vos dates.',
    submit: 'Se connecter',
    busy: 'Connexion…',
    remember: 'Rester connecté sur cet appareil',
    none: 'Pas encore de compte\u00a0?',
    create: 'Créer un compte',
    ended: 'Votre session est terminée. Reconnectez-vous pour continuer où vous en étiez.',
    email: 'Saisissez une adresse e-mail, comme lina@exemple.fr.',
    password: 'Saisissez votre mot de passe.',
    wait: 'Trop d’essais. Réessayez dans {n} s.',
  },
};
export type Messages = typeof fr;
