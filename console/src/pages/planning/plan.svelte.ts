// The board as it is known here: read in one request, changed at once, put right by the server, undone by real inverse calls.

import { api, outcome, type Outcome, type Problem, type Schemas } from '../../lib/api';
import { live, type Event } from '../../lib/live.svelte';
import { once } from '../../lib/once';
import { session } from '../../lib/session.svelte';
import { say } from '../../lib/toasts.svelte';
import { did } from '../../lib/undo.svelte';
import { ifMatch, wrote } from '../../lib/versions';
import { date, fill } from '../../i18n/index.svelte';
import { changed, initials, view, type Assignment, type Board, type Call, type Person, type Span } from '../../board/model';
import { plus, text } from '../../board/time';
import { w } from './words';

type Written = Schemas['Assignment'];
/** When a call is to be, on the venue's clock. */
export interface Times {
  start: number;
  end: number;
}
export const spoken = (wall: number): string => date(new Date(wall), { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
const what = (call: Call) => (call.role && call.kind !== 'mission' ? `${call.title} (${call.role})` : call.title);

/** Long enough to read two letters. */
const FLASH = 2_400;

export class Plan {
  board = $state.raw<Board>();
  problem = $state<Problem>();
  /** What just changed, each with the initials of whoever did it; none of our own. */
  flashed = $state.raw(new Map<string, string>());
  /** While something is dragged, nothing moves under it. */
  held = false;
  readonly view = $derived(this.board && view(this.board));

  #span: Span = { from: '', days: 0 };
  #read = new Date();
  #asked = 0;
  #writing = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  #members: Promise<Map<string, string>> | undefined;
  #authors = new Map<string, string>();

  async show(span: Span): Promise<void> {
    if (span.from !== this.#span.from || span.days !== this.#span.days) {
      this.#span = span;
      this.flashed = new Map();
    }
    await this.load();
  }
  async load(): Promise<void> {
    const asked = ++this.#asked;
    const { from, days } = this.#span;
    // A single day is shown until six in the morning after.
    const to = plus(from, days === 1 ? 1 : days - 1);
    const { data, problem } = await outcome(api.GET('/api/v1/board', { params: { query: { from, to } } }));
    // A later question, a change on its way or a hand on a bar: this answer comes too late, and each of them asks again.
    if (asked !== this.#asked || this.held || this.#writing > 0) return;
    if (data) {
      const before = this.view;
      this.board = data;
      this.#read = new Date();
      this.problem = live.stale = undefined;
      if (before && this.view && asked > 1) this.#flash(changed(before, this.view));
    } else if (this.board) {
      live.stale = this.#read;
    } else {
      this.problem = problem;
    }
  }
  /** Reads again soon: many hints are one question. */
  soon(after = 120): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.load(), after);
  }
  close(): void {
    clearTimeout(this.#again);
    live.stale = undefined;
    this.#asked++;
  }
  /** Remembers whose deed a change is, until it is shown. */
  heard({ data: { id, by } }: Event): void {
    if (!id || !by || by === session.me?.id) return;
    this.#members ??= outcome(api.GET('/api/v1/orgs/members')).then(({ data }) => new Map((data?.members ?? []).map((one) => [one.account_id, one.display_name ?? ''])));
    void this.#members.then((members) => this.#authors.set(id, members.get(by) ?? ''));
  }
  #author(call: Call): string {
    return this.#authors.get(call.id) ?? this.#authors.get(call.mission) ?? '';
  }
  #flash(calls: Call[]): void {
    this.flashed = new Map(calls.map((call) => [call.key, initials(this.#author(call))]));
    this.#authors.clear();
    if (calls.length > 0) setTimeout(() => (this.flashed = new Map()), FLASH);
  }

  /** Shows a change at once; when the server refuses, puts everything back with its words. */
  async #change<T>(of: Call, apply: (board: Board) => Board, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const before = this.board;
    if (!before) return {};
    const shown = (this.board = apply(before));
    this.#writing++;
    const answer = await call();
    this.#writing--;
    if (answer.problem && this.board === shown) this.board = before;
    const who = answer.problem?.code === 'version_mismatch' && this.#author(of);
    if (answer.problem) say(fill(w().putBack, { why: who ? fill(w().changedBy, { who }) : answer.problem.detail }), { kind: 'failed' });
    void this.load();
    return answer;
  }

  /** Somebody else, another time, or both. */
  async move(call: Call, person: Person | undefined, times: Times): Promise<boolean> {
    const shifted = times.start !== call.start || times.end !== call.end;
    if (call.kind === 'mission') return shifted ? this.#moveMission(call, times) : false;
    if (call.kind === 'open') return person ? this.#ask(call, person, shifted ? times : undefined, 'INVITED') : false;
    if (person && person.id !== call.person) return this.#give(call, person, times, shifted);
    return shifted ? this.#shift(call, times) : false;
  }
  async #give(call: Call, person: Person, times: Times, shifted: boolean): Promise<boolean> {
    const status = call.status === 'ACCEPTED' ? 'ACCEPTED' : 'INVITED';
    const to = (id: string, version: number, who: string, at: Times | undefined, as: 'ACCEPTED' | 'INVITED') =>
      once(['give', id, version, who, at, as], (header) =>
        outcome<Written>(api.POST('/api/v1/assignments/{id}:reassign', { params: { path: { id }, header: { ...ifMatch(id, version), ...header } }, body: { user_id: who, status: as, ...(at && local(at)) } })));
    const { data } = await this.#change(call, (b) => placed(b, call, person, times), () => to(call.id, call.version, person.id, shifted ? times : undefined, status));
    const made = wrote(data);
    if (!made) return false;
    const [before, back] = [call.personName, shifted ? { start: call.start, end: call.end } : undefined];
    // Whoever had said no is not asked again by an undo.
    const undo = () => (call.status === 'DECLINED' ? this.#remove(made) : to(made.id, made.version, call.person!, back, status));
    did(fill(w().given, { what: what(call), who: person.name, before }), () => this.#undo(undo()));
    return true;
  }
  async #shift(call: Call, times: Times): Promise<boolean> {
    const to = (version: number, at: Times) => outcome<Written>(api.POST('/api/v1/assignments/{id}/move', { params: { path: { id: call.id }, header: ifMatch(call.id, version) }, body: { start: text(at.start), end: text(at.end) } }));
    const { data } = await this.#change(call, (b) => placed(b, call, undefined, times), () => to(call.version, times));
    const made = wrote(data);
    if (made) did(fill(w().moved, { what: what(call), when: spoken(times.start) }), () => this.#undo(to(made.version, call)));
    return !!made;
  }
  /** Asks somebody for an open role, or books them. */
  async #ask(call: Call, person: Person, times: Times | undefined, status: 'INVITED' | 'ACCEPTED'): Promise<boolean> {
    const body = { mission_id: call.mission, user_id: person.id, role: call.role, status, ...(times && local(times)) };
    const { data } = await this.#change(call, (b) => asked(b, call, person, times ?? call, status, crypto.randomUUID()), () => once(['ask', body], (header) => outcome<Written>(api.POST('/api/v1/assignments', { params: { header }, body }))));
    const made = wrote(data);
    if (!made) return false;
    const words = fill(status === 'ACCEPTED' ? w().booked : w().asked, { what: what(call), who: person.name });
    did(words, () => this.#undo(status === 'ACCEPTED' ? this.#answer(made.id, made.version, 'CANCELLED') : this.#remove(made)));
    return true;
  }
  #remove(made: Written): Promise<Outcome<unknown>> {
    return outcome(api.DELETE('/api/v1/assignments/{id}', { params: { path: { id: made.id }, header: ifMatch(made.id, made.version) } }));
  }
  ask(call: Call, person: Person, status: 'INVITED' | 'ACCEPTED', times?: Times): Promise<boolean> {
    return this.#ask(call, person, times, status);
  }
  async #moveMission(call: Call, times: Times): Promise<boolean> {
    const to = (version: number, at: Times) => outcome<Schemas['Mission']>(api.PATCH('/api/v1/missions/{id}', { params: { path: { id: call.id }, header: ifMatch(call.id, version) }, body: local(at) }));
    const { data } = await this.#change(call, (b) => b, () => to(call.version, times));
    if (wrote(data)) did(fill(w().missionMoved, { what: call.title, when: spoken(times.start) }), () => this.#undo(to(data!.version, call)));
    return !!data;
  }

  /** Another status. What can be taken back is; a noted yes is answered by a cancellation only. */
  async answer(call: Call, status: 'ACCEPTED' | 'CANCELLED' | 'INVITED'): Promise<boolean> {
    const { data } = await this.#change(call, (b) => ({ ...b, assignments: b.assignments.map((a) => (a.id === call.id ? { ...a, status } : a)) }), () => this.#answer(call.id, call.version, status));
    const made = wrote(data);
    if (!made) return false;
    const words = fill(w().answered, { what: what(call), status: w().status[status] });
    if (status === 'CANCELLED') did(words, () => this.#undo(this.#revive(made, call.status === 'ACCEPTED')));
    else if (status === 'INVITED') did(words, () => this.#undo(this.#answer(made.id, made.version, 'CANCELLED')));
    else say(words);
    return true;
  }
  #answer(id: string, version: number, status: 'ACCEPTED' | 'CANCELLED' | 'INVITED'): Promise<Outcome<Written>> {
    return outcome<Written>(api.POST('/api/v1/assignments/{id}:status', { params: { path: { id }, header: ifMatch(id, version) }, body: { status } }));
  }
  async #revive(made: Written, booked: boolean): Promise<Outcome<Written>> {
    const again = await this.#answer(made.id, made.version, 'INVITED');
    const asked = wrote(again.data);
    return asked && booked ? this.#answer(asked.id, asked.version, 'ACCEPTED') : again;
  }
  async #undo(call: Promise<Outcome<unknown>>): Promise<Problem | undefined> {
    const { data, problem } = await call;
    if (data && typeof data === 'object' && 'version' in data) wrote(data as Written);
    await this.load();
    return problem;
  }
}

const local = (at: Times) => ({ start_at: text(at.start), end_at: text(at.end) });
const later = (instant: string, by: number) => new Date(Date.parse(instant) + by).toISOString();
/** The board with a call somewhere else, as good as it can be guessed. */
function placed(board: Board, call: Call, person: Person | undefined, times: Times): Board {
  const [start, end] = [times.start - call.start, times.end - call.end];
  const moved = (a: Assignment): Assignment => ({ ...a, ...(person && { user_id: person.id, user_name: person.name }), start_at: later(a.start_at, start), end_at: later(a.end_at, end) });
  return { ...board, assignments: (board.assignments as Assignment[]).map((a) => (a.id === call.id ? moved(a) : a)) as Board['assignments'] };
}
/** The board with somebody asked for an open role. */
function asked(board: Board, call: Call, person: Person, times: Times, status: 'INVITED' | 'ACCEPTED', id: string): Board {
  const m = board.missions.find((one) => one.id === call.mission);
  if (!m) return board;
  const made: Assignment = {
    id, mission_id: m.id, mission_title: m.title, project_id: m.project_id, user_id: person.id, user_name: person.name, role: call.role, status, time_zone: m.time_zone,
    start_at: later(m.start_at, times.start - call.start), end_at: later(m.end_at, times.end - call.end),
  };
  return { ...board, assignments: [...board.assignments, made as Board['assignments'][number]] };
}
