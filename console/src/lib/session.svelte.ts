// Who is signed in, in which organisation, with which role.

import { api, outcome, over, type Problem, type Schemas } from './api';
import { go } from './router.svelte';

export type Role = Schemas['Role'];
export const roles: Role[] = ['tech', 'manager', 'admin', 'owner'];

interface Session {
  me?: Schemas['Brief'];
  orgs: Schemas['Mine'][];
  state: 'unknown' | 'out' | 'in' | 'failed';
  problem?: Problem;
  /** It is over, or somebody renews it before: the page stands still with whatever was being written. */
  ended?: boolean | 'soon';
}
export const session = $state<Session>({ orgs: [], state: 'unknown' });
over.tell = () => {
  if (session.state === 'in') session.ended = true;
};

const KNOWN = 'signed-in';
/** Somebody was signed in here when this browser was last told. */
export const known = (): boolean => localStorage.getItem(KNOWN) !== null;

/** Asks the server who we are; nobody is a fine answer. */
export async function load(): Promise<void> {
  const me = await outcome(api.GET('/api/v1/auth/me'));
  if (me.problem?.status === 401) {
    localStorage.removeItem(KNOWN);
    Object.assign(session, { me: undefined, orgs: [], state: 'out' });
    return;
  }
  if (me.data) localStorage.setItem(KNOWN, '');
  const orgs = me.data && (await outcome(api.GET('/api/v1/orgs')));
  const problem = me.problem ?? orgs?.problem;
  if (problem) Object.assign(session, { state: 'failed', problem });
  // A token may still name an organisation that is gone, or that one is no member of any more.
  else Object.assign(session, { me: me.data?.role ? me.data : { ...me.data, org_id: null }, orgs: orgs?.data ?? [], state: 'in', problem: undefined });
}

export function atLeast(role: Role): boolean {
  const own = session.me?.role;
  return !!own && roles.indexOf(own) >= roles.indexOf(role);
}
export const organisation = () => session.orgs.find((org) => org.id === session.me?.org_id);

export async function enter(org_id: string): Promise<Problem | undefined> {
  const { problem } = await outcome(api.POST('/api/v1/auth/switch-org', { body: { org_id } }));
  if (!problem) await load();
  return problem;
}
/** Nobody is signed in here any more. */
export function forget(to: string): void {
  localStorage.removeItem(KNOWN);
  Object.assign(session, { me: undefined, orgs: [], state: 'out', ended: false });
  go(to);
}
export async function signOut(): Promise<void> {
  await outcome(api.POST('/api/v1/auth/logout'));
  forget('/login');
}
