// A list that goes on: what came, and where its next page begins.

import { outcome, type Problem } from './api';

export interface Page<T> {
  items?: T[];
  next?: string;
  problem?: Problem;
}
export async function page<T>(call: Promise<{ data?: T[]; error?: unknown; response: Response }>): Promise<Page<T>> {
  const { data, problem } = await outcome(call);
  if (!data) return { problem };
  const link = (await call).response.headers.get('link') ?? '';
  return { items: data, next: /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(link)?.[1] };
}
