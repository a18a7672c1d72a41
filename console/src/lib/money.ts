// Money and hours as people read them; cents and minutes stay whole numbers until here.

import { locale } from '../i18n/index.svelte';

export const money = (cents: number, currency: string): string => new Intl.NumberFormat(locale(), { style: 'currency', currency, maximumFractionDigits: cents % 100 ? 2 : 0 }).format(cents / 100);
/** "7 h 30", in both languages. */
export const hours = (minutes: number): string => `${Math.floor(minutes / 60)}\u00a0h${minutes % 60 ? `\u00a0${String(minutes % 60).padStart(2, '0')}` : ''}`;
