// The one way to the server: its public API with its types, cookies for the session, and renewal when the access cookie is over.

import createClient from 'openapi-fetch';
import { locale, m } from '../i18n/index.svelte';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

/** A problem as the server words it (RFC 9457), or our own words when it did not answer. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  request_id?: string;
  errors?: { field: string; code: string; detail: string }[];
  retry_after?: number;
}

const RENEWED = 'renewed-at';
const unrenewable = /\/auth\/(login|refresh|logout|register|token|magic|reset|mfa\/verify|methods|password:check)|\/invitations\/(verify|[^/]+\/(accept|decline)\?)/;

/** Tabs share one session: whoever renews it does so alone, and the others notice. */
async function renew(since: number): Promise<boolean> {
  return navigator.locks.request('coulisses-refresh', async () => {
    if (Number(localStorage.getItem(RENEWED) ?? 0) > since) return true;
    const answer = await fetch('/api/v1/auth/refresh', { method: 'POST', credentials: 'same-origin' });
    if (answer.ok) localStorage.setItem(RENEWED, String(Date.now()));
    return answer.ok;
  });
}

/** Told when a call finds that the session is over for good. */
export const over: { tell?: () => void } = {};

export async function send(request: Request): Promise<Response> {
  request.headers.set('accept-language', locale());
  const again = request.clone();
  const since = Date.now();
  const answer = await fetch(request);
  if (answer.status !== 401 || unrenewable.test(request.url)) return answer;
  if (await renew(since)) return fetch(again);
  over.tell?.();
  return answer;
}

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin', fetch: send });

/** What went wrong, from whatever a call left behind. */
export function problem(error: unknown, response?: Response): Problem {
  if (error && typeof error === 'object' && 'code' in error && 'detail' in error) {
    const after = Number(response?.headers.get('retry-after'));
    return { ...(error as Problem), retry_after: after > 0 ? after : undefined };
  }
  return { status: response?.status ?? 0, code: 'network', detail: m().network };
}

export interface Outcome<T> {
  data?: T;
  problem?: Problem;
  etag?: string;
}
/** Runs a call to its end: data or a problem, never an exception. */
export async function outcome<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Outcome<T>> {
  try {
    const { data, error, response } = await call;
    if (!response.ok) return { problem: problem(error, response) };
    return { data: data as T, etag: response.headers.get('etag') ?? undefined };
  } catch {
    return { problem: problem(undefined) };
  }
}
