// What the screenshots' catalogue holds besides the demonstration films: names nobody owns, in the words of a programme.
import type { Scene } from './art.ts';

export interface Work {
  name: string;
  year: number;
  minutes: number;
  tagline: string;
  synopsis: string;
  genres: string[];
  people: [name: string, job: string, character?: string][];
  fsk: string;
  scene: Scene;
}
const scene = (land: Scene['land'], sky: Scene['sky'], ground: string, light: string, at: [number, number], seed: number, letters: Scene['letters']): Scene => ({ land, sky, ground, light, at, seed, letters });

export const films: Work[] = [
  { name: 'Glass Harbour', year: 2025, minutes: 112, tagline: 'Everything that sinks is only waiting.', synopsis: 'A salvage diver comes home to raise the ferry that took her brother, and finds that the town would rather leave it where it lies.', genres: ['drama', 'mystery'], people: [['Ana Ortiz', 'director'], ['Ana Ortiz', 'writer'], ['Mirela Costin', 'actor', 'Jona'], ['Teodor Vance', 'actor', 'The harbour master'], ['Ilse Brandt', 'composer']], fsk: '12', scene: scene('sea', ['#0c2b3f', '#2c6f86', '#e9b98a'], '#07202c', '#ffe7c2', [0.68, 0.44], 3, 'wide') },
  { name: 'Ninefold', year: 2026, minutes: 138, tagline: 'Count again.', synopsis: 'The survey ship reports eight moons. Its youngest navigator keeps counting nine.', genres: ['science-fiction', 'thriller'], people: [['Yusuf Adeyemi', 'director'], ['Lin Qiao', 'actor', 'Navigator Sun'], ['Teodor Vance', 'actor', 'Captain Ruud']], fsk: '12', scene: scene('planet', ['#0a0618', '#3b1d63', '#e0709a'], '#12081f', '#ffd9e8', [0.74, 0.3], 8, 'heavy') },
  { name: 'The Salt Road', year: 2024, minutes: 104, tagline: 'Forty days. One well.', synopsis: 'Two rival caravans share a single map across the flats, each trusted with half of it.', genres: ['adventure', 'drama'], people: [['Samira Haddad', 'director'], ['Idris Kone', 'actor', 'Bilal'], ['Mirela Costin', 'actor', 'Nour']], fsk: '6', scene: scene('dunes', ['#7a3b1e', '#d9823b', '#ffd48a'], '#5a2a14', '#fff3cf', [0.3, 0.34], 5, 'serif') },
  { name: 'Winter Post', year: 2023, minutes: 91, tagline: 'Some letters take forty years.', synopsis: 'The last letter carrier of the upper valley delivers one bag that was never meant to arrive.', genres: ['drama', 'family'], people: [['Ilse Brandt', 'director'], ['Anton Weiss', 'actor', 'Korbinian']], fsk: '0', scene: scene('peaks', ['#1d3557', '#6f9bc4', '#f0d9d3'], '#dfe9f2', '#ffffff', [0.72, 0.24], 11, 'wide') },
  { name: 'Tram 28', year: 2021, minutes: 96, tagline: 'Last stop: everybody out.', synopsis: 'A driver on his final night shift is hijacked by a wedding, a cello and a goat.', genres: ['comedy'], people: [['Rui Salgado', 'director'], ['Beatriz Nunes', 'actor', 'Graça'], ['Idris Kone', 'actor', 'The groom']], fsk: '6', scene: scene('city', ['#31235c', '#c7577a', '#ffc46b'], '#1a1030', '#fff0c9', [0.26, 0.42], 14, 'heavy') },
  { name: 'Ember Season', year: 2026, minutes: 119, tagline: 'The wind has a memory.', synopsis: 'A fire lookout hears a voice on a channel that was closed the summer her father vanished.', genres: ['thriller', 'mystery'], people: [['Yusuf Adeyemi', 'director'], ['Noa Levi', 'actor', 'Ren']], fsk: '16', scene: scene('forest', ['#2b0d0a', '#a8351b', '#ffb04f'], '#140605', '#ffe0a6', [0.62, 0.46], 17, 'heavy') },
  { name: 'Paper Moons', year: 2022, minutes: 84, tagline: 'Fold, and wish.', synopsis: 'A girl who cannot sleep folds the night into a boat and sails out to fetch the morning.', genres: ['family', 'animation'], people: [['Lin Qiao', 'director'], ['Beatriz Nunes', 'actor', 'Momo']], fsk: '0', scene: scene('hills', ['#141a4a', '#5057a8', '#d9a5d6'], '#1a1542', '#fff6dc', [0.32, 0.26], 21, 'hand') },
  { name: 'The Cartographer', year: 2025, minutes: 127, tagline: 'She drew the border. Then she crossed it.', synopsis: 'Sent to measure a mountain that two countries claim, a young surveyor learns that the ground moves for whoever pays.', genres: ['drama', 'adventure'], people: [['Samira Haddad', 'director'], ['Noa Levi', 'actor', 'Hedda'], ['Anton Weiss', 'actor', 'Colonel Marr']], fsk: '12', scene: scene('peaks', ['#0f2a2e', '#3f7d74', '#f1cf9a'], '#0b1f21', '#fff0d0', [0.24, 0.34], 26, 'serif') },
  { name: 'A Quiet Frequency', year: 2024, minutes: 108, tagline: 'Listen closer.', synopsis: 'A radio astronomer records silence for a living, until the silence answers in her own voice.', genres: ['science-fiction', 'mystery'], people: [['Yusuf Adeyemi', 'director'], ['Mirela Costin', 'actor', 'Dr. Aalto']], fsk: '12', scene: scene('hills', ['#04101f', '#123a5a', '#4fb3a5'], '#03121a', '#dff7ee', [0.7, 0.2], 31, 'wide') },
  { name: 'Low Tide', year: 2020, minutes: 76, tagline: 'Twice a day, a country appears.', synopsis: 'One year with the families who live, farm and marry on land that is there for six hours at a time.', genres: ['documentary'], people: [['Rui Salgado', 'director']], fsk: '0', scene: scene('sea', ['#3a2a5a', '#c46a6a', '#ffd9a0'], '#221a3a', '#fff4d8', [0.4, 0.52], 36, 'serif') },
];

export const series: Work & { seasons: string[][] } = {
  name: 'Kitchen Lights', year: 2026, minutes: 0, tagline: 'Nobody sleeps on Harrow Street.',
  synopsis: 'Six neighbours, one courtyard, and the windows that stay lit after midnight.',
  genres: ['drama', 'mystery'], people: [['Ana Ortiz', 'director'], ['Noa Levi', 'actor', 'Mara'], ['Teodor Vance', 'actor', 'Elias'], ['Beatriz Nunes', 'actor', 'Ivone']], fsk: '12',
  scene: scene('city', ['#060b1c', '#1c2f57', '#e7a354'], '#04070f', '#fbe6bd', [0.76, 0.2], 44, 'wide'),
  seasons: [['The Third Floor', 'Salt, Then Sugar', 'Somebody’s Violin'], ['What the Caretaker Saw', 'A Key Too Many', 'Morning']],
};
export const genres: [string, string, string][] = [['drama', 'Drama', 'Drama'], ['mystery', 'Mystery', 'Krimi & Rätsel'], ['science-fiction', 'Science fiction', 'Science-Fiction'], ['thriller', 'Thriller', 'Thriller'], ['adventure', 'Adventure', 'Abenteuer'], ['comedy', 'Comedy', 'Komödie'], ['family', 'Family', 'Familie'], ['animation', 'Animation', 'Animation'], ['documentary', 'Documentary', 'Dokumentarfilm']];
