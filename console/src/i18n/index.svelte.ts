// The language in use: its catalogue, its dates, its plurals.

import { en } from './en';
import { fr, type Messages } from './fr';

export type Locale = 'fr' | 'en';
const catalogues: Record<Locale, Messages> = { fr, en };
const stored = localStorage.getItem('locale');
const first: Locale = stored === 'fr' || stored === 'en' ? stored : navigator.language.startsWith('fr') ? 'fr' : 'en';

const state = $state<{ locale: Locale }>({ locale: first });
document.documentElement.lang = first;

/** The catalogue of the current language; every key is checked by the compiler. */
export const m = (): Messages => catalogues[state.locale];
/** The words of one page family, which travel with its chunk: French is the type, English must match it. */
export const words =
  <Words>(inFrench: Words, inEnglish: NoInfer<Words>) =>
  (): Words =>
    state.locale === 'fr' ? inFrench : inEnglish;
export const locale = (): Locale => state.locale;

export function setLocale(next: Locale) {
  state.locale = next;
  localStorage.setItem('locale', next);
  document.documentElement.lang = next;
}

const formats = new Map<string, Intl.DateTimeFormat>();
export function date(value: Date, options: Intl.DateTimeFormatOptions): string {
  const key = state.locale + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(state.locale, options)));
  return format.format(value);
}
/** A calendar day as people say it; it belongs to no zone. */
export const day = (text: string): string => date(new Date(`${text}T00:00:00Z`), { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** How long ago, in the largest unit that fits. */
export function ago(instant: string, now = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  const format = new Intl.RelativeTimeFormat(state.locale, { numeric: 'auto' });
  for (const [unit, size] of [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return m().justNow;
}

/** Puts values where a sentence names them. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

export function plural(n: number, forms: { one: string; other: string }): string {
  const rule = new Intl.PluralRules(state.locale).select(n);
  return fill(rule === 'one' ? forms.one : forms.other, { n });
}
