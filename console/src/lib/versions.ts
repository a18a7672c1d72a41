// The versions that were written from here. An undo compares with the last of them: one deed after the other can be taken back, and what
// somebody else wrote in between is still not overwritten.

interface Versioned {
  id: string;
  version: number;
}
const own = new Map<string, number>();

export function wrote<T extends Versioned>(one: T | undefined): T | undefined {
  if (one) own.set(one.id, one.version);
  return one;
}
export const ifMatch = (id: string, version: number): { 'If-Match': string } => ({ 'If-Match': `"v${Math.max(version, own.get(id) ?? 0)}"` });
