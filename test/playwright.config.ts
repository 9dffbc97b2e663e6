// Flow, browser and fault tests drive the real program; each test file starts its own on free ports (lib/node.ts).
import { defineConfig } from '@playwright/test';

// What knows no store is the same on every engine: nginx and its module with assets written by hand, films that are
// only packaged. What is about the servers of the scaled engine runs there.
const scaled = process.env.MATINEE_ENGINE === 'scaled';
const storeless = ['flow/edge/**', ...['codecs', 'colour', 'drm', 'ladder', 'odd-films', 'picture', 'sound', 'subtitle-formats', 'sync'].map((name) => `flow/${name}.spec.ts`)];
// What counts a player's frames.
const quiet = ['browser/viewer.spec.ts'];
// What a player makes of a stream, however slow the machine is.
const judges = ['browser/judges/**/*.spec.ts', 'browser/adaptive.spec.ts', 'browser/keys.spec.ts'];
// As much as a password must cost, and no more: journeys sign up often.
process.env.MATINEE_PASSWORD_MEMORY ??= '19';
// What a browser does beside four other things gets a second try; script/test ends with what needed it (decision 31).
const retries = 1;
const long = process.env.MATINEE_LONG === '1';

export default defineConfig({
  testDir: '.',
  globalSetup: './lib/global.ts',
  outputDir: process.env.MATINEE_TEST_RESULTS ?? '../test-results',
  // How long something takes is no test's business (script/bench): limits are for what hangs, on a machine that does four other things.
  timeout: long ? 3_600_000 : 360_000,
  expect: { timeout: 45_000 },
  fullyParallel: false,
  workers: 3, // journeys wait more than they work
  retries: 0, // a server gets no second try
  forbidOnly: process.env.CI === 'true',
  reporter: [['list'], ['json', { outputFile: process.env.MATINEE_TEST_JSON ?? '../test-results/report.json' }]],
  use: {
    browserName: 'chromium',
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-dev-shm-usage', '--mute-audio'],
    },
  },
  projects: [
    { name: 'flow', testMatch: 'flow/**/*.spec.ts', testIgnore: scaled ? storeless : 'flow/scaled/**' },
    { name: 'browser', testMatch: 'browser/**/*.spec.ts', testIgnore: [...quiet, ...judges], workers: 2, retries },
    { name: 'judges', testMatch: judges, workers: 2, retries },
    // One at a time, beside nothing else: a player that shares its cores with an encode drops frames for reasons that are not ours.
    { name: 'player', testMatch: quiet, workers: 1, retries },
    // One file of the browser's, on the other engine, too (script/test).
    { name: 'shop', testMatch: 'browser/shop.spec.ts', workers: 1, retries },
    // Pictures of every screen: script/screens, no part of the tests.
    { name: 'screens', testMatch: 'screens/**/*.spec.ts', workers: 1 },
    { name: 'fault', testMatch: 'fault/**/*.spec.ts', workers: 2 },
  ],
});
