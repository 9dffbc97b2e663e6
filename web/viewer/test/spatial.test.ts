import { expect, test } from 'vitest';
import { spatialNearest, spatialNext, type Box } from '../src/lib/spatial';
import { isTvAgent } from '../src/lib/tv';

/* A home page: the bar (2 links), the hero's two buttons, a row of wide cards scrolled by one, a row of posters. */
const box = (left: number, top: number, width: number, height: number): Box => ({ left, top, right: left + width, bottom: top + height });
const bar = [box(50, 10, 100, 40), box(1700, 10, 40, 40)];
const hero = [box(50, 500, 180, 60), box(250, 500, 200, 60)];
const wide = [-350, 50, 450, 850, 1250].map((x) => box(x, 620, 380, 214));
const posters = [50, 300, 550, 800, 1050, 1300].map((x) => box(x, 900, 230, 345));
const all = [...bar, ...hero, ...wide, ...posters];

function go(from: Box, to: 'left' | 'right' | 'up' | 'down'): Box | undefined {
  const others = all.filter((b) => b !== from);
  return others[spatialNext(from, others, to)];
}

test('left and right stay on their line, also past the edge of the screen, and stop at its ends', () => {
  expect(go(posters[0]!, 'right')).toBe(posters[1]);
  expect(go(wide[1]!, 'left')).toBe(wide[0]);
  expect(go(wide[0]!, 'left')).toBeUndefined();
  expect(go(posters[5]!, 'right')).toBeUndefined();
  expect(go(hero[1]!, 'right')).toBeUndefined();
});

test('up and down go to the nearest line, and there to what is over or under it', () => {
  expect(go(hero[0]!, 'down')).toBe(wide[1]);
  expect(go(wide[3]!, 'down')).toBe(posters[3]);
  expect(go(posters[5]!, 'up')).toBe(wide[4]);
  expect(go(wide[4]!, 'up')).toBe(hero[1]);
  expect(go(hero[1]!, 'up')).toBe(bar[0]);
  expect(go(posters[2]!, 'down')).toBeUndefined();
});

test('a card that the focus has swollen over its neighbours still finds them', () => {
  const [from, next] = [box(90, 890, 250, 370), box(330, 900, 230, 345)];
  expect(spatialNext(from, [next], 'right')).toBe(0);
  expect(spatialNext(from, [box(50, 880 - 214, 380, 214)], 'up')).toBe(0);
});

test('televisions are known by their names, desktops are not taken for one', () => {
  for (const agent of ['Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0)', 'Mozilla/5.0 (Web0S; Linux/SmartTV)', 'Mozilla/5.0 (Linux; Android 9; AFTKA)', 'Mozilla/5.0 (Linux; Android 12; BRAVIA 4K)'])
    expect(isTvAgent(agent), agent).toBe(true);
  for (const agent of ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)', 'Mozilla/5.0 (Linux; Android 14; Pixel 8)'])
    expect(isTvAgent(agent), agent).toBe(false);
});

test('what is taken away leaves the focus to what lies closest, whichever way that is', () => {
  const gone = posters[2]!;
  const others = all.filter((b) => b !== gone);
  expect([posters[1], posters[3]]).toContain(others[spatialNearest(gone, others)]);
  expect(bar[spatialNearest(wide[0]!, bar)]).toBe(bar[0]);
  expect(spatialNearest(gone, [])).toBe(-1);
});
