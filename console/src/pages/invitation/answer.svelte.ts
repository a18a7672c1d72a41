// An invitation from its link to its answer; an answer that cannot leave waits for the network.

import { api, outcome, type Problem, type Schemas } from '../../lib/api';

export type Asked = Omit<Schemas['InvitationAsked'], 'status'> & { status: 'INVITED' | 'ACCEPTED' | 'DECLINED' | 'CANCELLED' };
/** What the server tells of a link that is over. */
export interface Over extends Problem {
  org_name?: string;
  mission_title?: string;
  contact?: Schemas['Contact'] | null;
}
export interface Reply {
  yes: boolean;
  reason?: string;
}

export class Invitation {
  asked = $state.raw<Asked>();
  over = $state.raw<Over>();
  problem = $state<Problem>();
  busy = $state(false);
  /** An answer that has not left yet. */
  waiting = $state.raw<Reply>();
  private token: string;
  private timer?: ReturnType<typeof setTimeout>;
  private pause = 2_000;

  constructor(token: string) {
    this.token = token;
    addEventListener('online', this.retry);
  }
  close(): void {
    removeEventListener('online', this.retry);
    clearTimeout(this.timer);
  }

  async load(): Promise<void> {
    this.problem = undefined;
    const { data, problem } = await outcome(api.GET('/api/v1/invitations/verify', { params: { query: { token: this.token } } }));
    if (data) {
      this.asked = data as unknown as Asked;
      const kept = localStorage.getItem(this.place());
      if (kept) void this.answer(JSON.parse(kept) as Reply);
    } else if (problem && problem.status >= 400 && problem.status < 429) this.over = problem;
    else this.problem = problem;
  }
  /** Always a POST: whoever only opens links answers nothing. */
  async answer(reply: Reply): Promise<boolean> {
    this.busy = true;
    const params = { path: { id: this.asked!.invitation_id }, query: { token: this.token } };
    const call = reply.yes
      ? api.POST('/api/v1/invitations/{id}/accept', { params })
      : api.POST('/api/v1/invitations/{id}/decline', { params, body: { reason: reply.reason || null } as never });
    const { problem } = await outcome<unknown>(call);
    this.busy = false;
    if (problem && (problem.status === 0 || problem.status >= 500)) {
      this.keep(reply);
      return false;
    }
    this.forget();
    this.problem = problem;
    if (!problem) this.asked = { ...this.asked!, status: reply.yes ? 'ACCEPTED' : 'DECLINED', reconfirm: false };
    return !problem;
  }
  calendar(): string {
    return `/api/v1/invitations/${this.asked!.invitation_id}/event.ics?token=${encodeURIComponent(this.token)}`;
  }

  private place(): string {
    return `answer-${this.asked!.invitation_id}`;
  }
  private keep(reply: Reply): void {
    this.waiting = reply;
    localStorage.setItem(this.place(), JSON.stringify(reply));
    this.timer = setTimeout(this.retry, this.pause);
    this.pause = Math.min(this.pause * 2, 60_000);
  }
  private forget(): void {
    this.waiting = undefined;
    localStorage.removeItem(this.place());
    clearTimeout(this.timer);
  }
  private retry = (): void => {
    clearTimeout(this.timer);
    if (this.waiting && !this.busy) void this.answer(this.waiting);
  };
}
