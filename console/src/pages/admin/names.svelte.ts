// Who and what the ids of the log are: read once for a look at it, and forgotten with the page. The log itself holds no names.

import { api, outcome, type Schemas } from '../../lib/api';
import { everything } from '../../lib/list';

type Line = Schemas['Line'];
type Noted = { user_id?: string; mission_id?: string } | null;

export class Names {
  #known = $state<Record<string, string>>({});
  members = $state.raw<Schemas['Listed'][]>([]);

  constructor(readonly instance: boolean) {}

  /** Members, people and projects of an organisation; the accounts of an instance are too many. */
  async load(): Promise<void> {
    if (this.instance) return;
    const [members, people, projects] = await Promise.all([
      outcome(api.GET('/api/v1/orgs/members')),
      everything<Schemas['PeopleSeen']>((cursor) => api.GET('/api/v1/users', { params: { query: { limit: '200', cursor } } })),
      everything<Schemas['Project']>((cursor) => api.GET('/api/v1/projects', { params: { query: { limit: '200', cursor } } })),
    ]);
    this.members = members.data?.members ?? [];
    const found = [...this.members.map((one): [string, string | null | undefined] => [one.account_id, one.display_name]), ...(people.data ?? []).map((one): [string, string] => [one.id, one.name]), ...(projects.data ?? []).map((one): [string, string] => [one.id, one.name])];
    this.#known = { ...Object.fromEntries(found.filter((pair): pair is [string, string] => !!pair[1])), ...this.#known };
  }
  of = (id?: string | null): string | undefined => (id ? this.#known[id] : undefined);
  /** To whom or what it was done: a person before the thing they are called to. */
  whom = (line: Line): string | undefined => this.of((line.details as Noted)?.user_id) ?? (line.subject === line.actor ? undefined : this.of(line.subject));

  /** What an opened line is about, asked for when it is opened. */
  async find(line: Line): Promise<void> {
    const asked: Promise<[string, string | null | undefined]>[] = [];
    const add = (id: string | null | undefined, ask: (path: { id: string }) => Promise<string | null | undefined>) => {
      if (id && !this.of(id)) asked.push(ask({ id }).then((name) => [id, name]));
    };
    const account = async (path: { id: string }) => {
      const { data } = await outcome(api.GET('/api/v1/admin/accounts/{id}', { params: { path } }));
      return data && (data.display_name ? `${data.display_name}, ${data.email}` : data.email);
    };
    const mission = async (path: { id: string }) => (await outcome(api.GET('/api/v1/missions/{id}', { params: { path } }))).data?.title;
    if (this.instance) for (const id of [line.actor, /^(project|mission|org)/.test(line.action) ? undefined : line.subject]) add(id, account);
    else add((line.details as Noted)?.mission_id ?? (line.action.startsWith('mission.') ? line.subject : undefined), mission);
    const found = (await Promise.all(asked)).filter((pair): pair is [string, string] => !!pair[1]);
    if (found.length) this.#known = { ...this.#known, ...Object.fromEntries(found) };
  }
}
