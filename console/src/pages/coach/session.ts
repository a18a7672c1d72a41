// A session as it is typed, and as the server takes it. What was typed outlives a reload and every failure.

import type { Schemas } from '../../lib/api';

export interface Typed {
  distance: string;
  shots: string;
  points: string;
  group: string;
  hand: '' | 'one' | 'two';
  comment: string;
}
export interface Draft {
  weapon: string;
  caliber: string;
  date: string;
  persona: string;
  synthese: string;
  series: Typed[];
}
const KEPT = 'coach-session';

export const another = (like?: Typed): Typed => ({ distance: like?.distance ?? '25', shots: like?.shots ?? '5', points: '', group: '', hand: like?.hand ?? '', comment: '' });
export function kept(): Draft {
  const fresh: Draft = { weapon: '', caliber: '', date: '', persona: 'coach_neutre', synthese: '', series: [another()] };
  try {
    return { ...fresh, ...(JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Draft>) };
  } catch {
    return fresh;
  }
}
export const keep = (draft: Draft): void => localStorage.setItem(KEPT, JSON.stringify(draft));

/** `8,5` and `8.5` are the same; what is no number is none. */
export const number = (text: string): number | undefined => {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() && Number.isFinite(value) ? value : undefined;
};
/** The fields that hold no number and must, by their place. */
export function faults(draft: Draft, say: string): Record<string, string | undefined> {
  const found: Record<string, string> = {};
  draft.series.forEach((one, n) => {
    for (const field of ['distance', 'shots', 'points'] as const) if (number(one[field]) === undefined) found[`${n}-${field}`] = say;
    if (one.group.trim() && number(one.group) === undefined) found[`${n}-group`] = say;
  });
  return found;
}
export const written = (draft: Draft): Schemas['ShootingSession'] => ({
  weapon: draft.weapon.trim() || null,
  caliber: draft.caliber.trim() || null,
  date: draft.date || null,
  synthese: draft.synthese.trim() || null,
  series: draft.series.map((one) => ({
    distance: number(one.distance)!,
    shot_count: number(one.shots)!,
    points: number(one.points)!,
    group_size_cm: number(one.group) ?? null,
    hand_method: one.hand || null,
    comment: one.comment.trim() || null,
  })),
});
const NAMES: Record<string, string> = { shot_count: 'shots', group_size_cm: 'group', hand_method: 'hand' };
/** The server's `session.series[1].shot_count` as our `1-shots`. */
export const place = (field: string): string => {
  const found = /series\[(\d+)\]\.(\w+)/.exec(field);
  return found ? `${found[1]}-${NAMES[found[2]!] ?? found[2]}` : field.replace('session.', '');
};
