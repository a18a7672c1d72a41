// One's own dates: what is to be answered, what is confirmed, day by day.

import { api, outcome, type Problem, type Schemas } from '../../lib/api';
import { isoDay } from '../../lib/when';

export type Call = Omit<Schemas['Assignment'], 'status'> & { status: 'INVITED' | 'ACCEPTED' | 'DECLINED' | 'CANCELLED'; location?: string | null };
const PAST = 60;

export class Calls {
  list = $state.raw<Call[]>();
  problem = $state<Problem>();
  /** The person of the planning that this account is; null when it is none. */
  person = $state<string | null>();
  past = $state(false);

  toAnswer = $derived((this.list ?? []).filter((call) => call.status === 'INVITED' || (call.status === 'ACCEPTED' && call.reconfirm_at)));
  /** Confirmed dates by their day at the venue. */
  days = $derived.by(() => {
    const days = new Map<string, Call[]>();
    for (const call of this.list ?? []) {
      if (call.status !== 'ACCEPTED' || call.reconfirm_at) continue;
      const day = isoDay(call.start_at, call.time_zone);
      days.set(day, [...(days.get(day) ?? []), call]);
    }
    return [...days].sort(([a], [b]) => a.localeCompare(b));
  });

  async load(): Promise<void> {
    const own = await outcome(api.GET('/api/v1/users/me/profile'));
    this.person = own.data?.user_id ?? (own.problem?.code === 'not_planned' ? null : undefined);
    if (this.person === null) return;
    const from = new Date(Date.now() - (this.past ? PAST : 0) * 86_400_000).toISOString();
    const [calls, missions] = await Promise.all([
      outcome(api.GET('/api/v1/assignments', { params: { query: { me: '1', from, limit: '200' } } })),
      outcome(api.GET('/api/v1/missions', { params: { query: { from, limit: '200' } } })),
    ]);
    this.problem = own.problem ?? calls.problem;
    const places = new Map(missions.data?.map((mission) => [mission.id, mission.location]));
    if (calls.data) this.list = (calls.data as unknown as Call[]).map((call) => ({ ...call, location: places.get(call.mission_id) }));
  }
  /** The server's word on an answer; the list follows. */
  async answer(call: Call, status: 'ACCEPTED' | 'DECLINED', reason?: string): Promise<Problem | undefined> {
    const body = { status: status as never, reason: reason || null };
    const { problem } = await outcome(api.POST('/api/v1/assignments/{id}:status', { params: { path: { id: call.id } }, body }));
    if (!problem || problem.status === 409) await this.load();
    return problem;
  }
}
