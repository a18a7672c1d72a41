// A list that comes in pages, read to its end.

import { outcome, type Outcome } from './api';

type Page<T> = (cursor: string | undefined) => Promise<{ data?: T[]; error?: unknown; response: Response }>;
/** Nobody looks at more on one page. */
const MOST = 2_000;

export async function everything<T>(page: Page<T>): Promise<Outcome<T[]>> {
  const all: T[] = [];
  for (let cursor: string | undefined; ; ) {
    let link = '';
    const { data, problem } = await outcome<T[]>(page(cursor).then((answer) => ((link = answer.response.headers.get('link') ?? ''), answer)));
    if (!data) return { problem };
    all.push(...data);
    cursor = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(link)?.[1];
    if (!cursor || all.length >= MOST) return { data: all };
    cursor = decodeURIComponent(cursor);
  }
}
