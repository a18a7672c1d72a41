// A small planning to look around in, made by the same calls as anybody's: one project, three people, two missions this week.

import { api, outcome, type Outcome, type Problem, type Schemas } from '../../lib/api';
import { locale } from '../../i18n/index.svelte';
import { plus } from '../../board/time';

const inFrench = {
  project: 'Exemple\u00a0: Festival des Lucioles',
  venue: 'Grand Théâtre, Nantes',
  setUp: 'Montage',
  concert: 'Concert d’ouverture',
  sound: 'son',
  light: 'lumière',
  stage: 'plateau',
};
const inEnglish: typeof inFrench = {
  project: 'Example: Fireflies Festival',
  venue: 'Grand Theatre, Nantes',
  setUp: 'Set-up',
  concert: 'Opening concert',
  sound: 'sound',
  light: 'light',
  stage: 'stage',
};

/** Whatever fails ends it; what was made until then stays, and is seen. */
export async function loadExample(today: string): Promise<Problem | undefined> {
  const t = locale() === 'fr' ? inFrench : inEnglish;
  let problem: Problem | undefined;
  async function made<T>(call: () => Promise<Outcome<T>>): Promise<T | undefined> {
    if (problem) return undefined;
    const answer = await call();
    problem = answer.problem;
    return answer.data;
  }
  const people: string[] = [];
  for (const [name, skill] of [['Lina Moreau', t.sound], ['Samir Benali', t.light], ['Zoé Lambert', t.stage]] as const) {
    const one = await made(() => outcome<Schemas['PeopleSeen']>(api.POST('/api/v1/users', { body: { name, skills: [skill] } as never })));
    people.push(one?.id ?? '');
  }
  const project = await made(() => outcome<Schemas['Project']>(api.POST('/api/v1/projects', { body: { name: t.project, venue: t.venue, starts_on: plus(today, 1), ends_on: plus(today, 2), status: 'ACTIVE', hue: 205 } })));
  const mission = (title: string, day: number, times: [string, string], roles: string[]) =>
    made(() =>
      outcome<Schemas['Mission']>(
        api.POST('/api/v1/missions', {
          body: { project_id: project!.id, title, location: t.venue, start_at: `${plus(today, day)}T${times[0]}`, end_at: `${plus(today, day)}T${times[1]}`, break_minutes: 60, roles: roles.map((role) => ({ role, quota: 1 })) },
        }),
      ),
    );
  const setUp = await mission(t.setUp, 1, ['09:00', '17:00'], [t.sound, t.light, t.stage]);
  const concert = await mission(t.concert, 2, ['16:00', '23:00'], [t.sound, t.light]);
  const place = (mission: Schemas['Mission'] | undefined, person: number, role: string, status: 'ACCEPTED' | 'INVITED') =>
    made(() => outcome(api.POST('/api/v1/assignments', { body: { mission_id: mission!.id, user_id: people[person]!, role, status } })));
  await place(setUp, 0, t.sound, 'ACCEPTED');
  await place(setUp, 1, t.light, 'INVITED');
  await place(concert, 0, t.sound, 'ACCEPTED');
  return problem;
}
