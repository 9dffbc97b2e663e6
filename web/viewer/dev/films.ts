/* films.ts - the stand-in catalogue. One has no pictures, one is still being prepared (height 0). */
export type Film = { id: string; slug: string; name: string; year: number; runtime_s: number; height: number; art: string | null; color: string; at?: number; synopsis: string };

const film = (slug: string, name: string, year: number, minutes: number, height: number, art: string | null, color: string, synopsis: string, at?: number): Film => ({
  id: `01J${slug.toUpperCase().replace(/-/g, '').padEnd(23, '0').slice(0, 23)}`, slug, name, year, runtime_s: minutes * 60, height, art, color, synopsis, at,
});

export const films: Film[] = [
  film('big-buck-bunny', 'Big Buck Bunny', 2008, 10, 1080, 'bbb', '#4a5a2f', 'A giant rabbit with a heart bigger than himself is bullied by three rodents. One morning, over a dead butterfly, he has had enough.', 230),
  film('sintel', 'Sintel', 2010, 15, 2160, 'sintel', '#3d342b', 'A lonely young woman crosses deserts and mountains to find the small dragon she once nursed back to health.', 610),
  film('tears-of-steel', 'Tears of Steel', 2012, 12, 2160, 'tears', '#2f3a40', 'In a domed Amsterdam, soldiers and scientists re-enact a break-up to save the world from robots.'),
  film('the-gatekeepers', 'The Gatekeepers of the Northern Mountain Pass', 2019, 128, 1080, 'gate', '#2b2a33', 'Nobody passes in winter. In the eleventh year of the snow, somebody knocks.', 4200),
  film('ember', 'Ember', 2021, 94, 720, 'gradient', '#20304f', 'A year of sunsets over one harbour, cut to the second.'),
  film('under-the-bridge', 'Under the Bridge', 2016, 101, 1080, 'bridge', '#3b3f3a', 'Two strangers shelter from the same storm and find that they were born in the same house.', 300),
  film('the-long-walk', 'The Long Walk', 2023, 106, 1080, 'desert', '#5a4a2f', 'Two hundred miles of sand, one canteen, and a map drawn by somebody who was never there.'),
  film('meadow', 'Meadow', 2022, 47, 1080, 'meadow', '#5a6a3a', 'One summer day in one field, told by everything that lives in it.'),
  film('no-picture', 'A Film Without Pictures', 1962, 83, 480, null, '#2a2230', 'The negative was lost in a fire; the sound survived.'),
  film('first-snow', 'First Snow', 2014, 88, 1080, 'snow', '#30343c', 'A mountain guide takes one last party up before the season closes.'),
  film('burrow', 'Burrow', 2020, 24, 1080, 'burrow', '#4d4a2a', 'Moving house is hard when the neighbours dig.'),
  film('dome', 'The Dome', 2018, 112, 0, 'dome', '#2c3238', 'Under glass, nobody ages. Above it, nobody stays.'),
];
