// The account's own screens in Chromium: a forgotten password by letter, a profile with a PIN, a child that stays where it is.
import { expect, test } from '@playwright/test';
import { codeOf, Mailbox } from '../lib/mailbox.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const password = 'a long enough password';
const node = new MatineeNode();
const mailbox = new Mailbox();

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await mailbox.start();
  await node.start({ args: ['--mail-url', `smtp://127.0.0.1:${mailbox.port}`, '--mail-plain'] });
});
test.afterAll(async () => {
  await node.stop();
  await mailbox.stop();
  node.remove();
});
const someone = () => `ana-${Math.random().toString(36).slice(2)}@example.org`;

test('a forgotten password is replaced by the link of a letter', async ({ page }) => {
  const email = someone();
  await new Client(node).json('POST', '/api/v1/accounts', { email, password });
  await page.goto(`${node.url}/sign-in`);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByTestId('submit').click();
  await expect(page.getByText('If there is an account with this address')).toBeVisible();
  const letter = await mailbox.to(email, /new password/);
  const link = new RegExp(`${node.url}/reset-password#code=[\\w-]+`).exec(letter.text ?? '')![0];
  await page.goto(link);
  await expect(page).toHaveURL(`${node.url}/reset-password`); /* the code is out of sight */
  await page.getByRole('textbox', { name: 'New password' }).fill('short');
  await page.getByTestId('submit').click();
  await expect(page.getByText('too easy to guess')).toBeVisible();
  await page.getByRole('textbox', { name: 'New password' }).fill('quite another one');
  await page.getByTestId('submit').click();
  await expect(page.getByRole('heading', { name: 'Your password is changed' })).toBeVisible();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill('quite another one');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('account-link')).toBeVisible();
});

test('the letter of a sign-up confirms the address', async ({ page }) => {
  const email = someone();
  await page.goto(`${node.url}/sign-up`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('submit').click();
  await page.getByTestId('account-link').click();
  await expect(page.getByText('Not confirmed yet')).toBeVisible();
  await page.goto(`${node.url}/verify#code=${codeOf(await mailbox.to(email, /Confirm/))}`);
  await expect(page.getByTestId('confirmed')).toBeVisible();
  await page.goto(`${node.url}/account`);
  await expect(page.getByText('Address confirmed')).toBeVisible();
  await page.goto(`${node.url}/verify#code=${'x'.repeat(43)}`);
  await expect(page.getByText('used already or is too old')).toBeVisible();
});

test('profiles: one for a child, which leads out by the password or a PIN alone', async ({ page }) => {
  const email = someone();
  await page.goto(`${node.url}/sign-up`);
  await page.getByLabel('What should we call you?').fill('Ana');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('submit').click();
  await page.getByTestId('account-link').click();
  await page.getByTestId('profiles-link').click();
  await page.getByTestId('add-profile').click();
  await page.getByLabel('Name').fill('Mia');
  await page.getByTestId('kids').check();
  await page.getByTestId('save-profile').click();
  await page.getByRole('button', { name: 'Mia' }).click();
  await expect(page).toHaveURL(`${node.url}/`);

  // No way round it: not back, not anew, not by an address, not by what the page's own session may ask.
  await page.goBack();
  await page.reload();
  for (const path of ['/account/membership', '/plans', '/activate']) {
    await page.goto(node.url + path);
    await expect(page.getByText(/grown-up/).first(), path).toBeVisible();
  }
  const asked = await page.evaluate(async () => {
    const call = async (method: string, path: string, body?: object) =>
      (await fetch(`/api/v1${path}`, { method, ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}) })).status;
    const { profiles } = await (await fetch('/api/v1/profiles')).json();
    const [ana, mia] = ['Ana', 'Mia'].map((name) => profiles.find((one: { name: string }) => one.name === name).id);
    return [
      await call('PUT', '/session/profile', { profile: ana }), await call('PUT', '/session/profile', { profile: ana, pin: '0000' }), await call('PATCH', `/profiles/${mia}`, { kids: false }),
      await call('POST', '/profiles', { name: 'Big' }), await call('PUT', `/profiles/${ana}/pin`, { pin: '1234' }), await call('GET', '/me/export'),
      await call('DELETE', '/me', {}), await call('POST', '/session/proof', {}), await call('GET', '/billing'), await call('GET', '/invoices'), await call('GET', '/passkeys'), await call('GET', '/sessions'),
    ].filter((status) => status !== 403);
  });
  expect(asked).toEqual([]);
  await page.goto(`${node.url}/account`);
  await expect(page.getByTestId('delete')).toHaveCount(0);
  await expect(page.getByTestId('account')).not.toContainText(email);
  await page.getByTestId('profiles-link').click();
  await expect(page.getByTestId('add-profile')).toHaveCount(0);
  await page.getByRole('button', { name: 'Ana' }).click();
  await page.getByRole('textbox', { name: 'Password' }).fill('not this one');
  await page.getByTestId('answer').click();
  await expect(page.getByText('isn’t the password of this account')).toBeVisible();
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('answer').click();
  await expect(page).toHaveURL(`${node.url}/`);

  await page.goto(`${node.url}/profiles`);
  await page.getByTestId('manage-profiles').click();
  await page.getByRole('button', { name: 'Ana' }).click();
  await page.getByTestId('pin-on').check();
  await page.getByRole('textbox', { name: 'PIN', exact: true }).fill('4821');
  await page.getByRole('textbox', { name: 'Your password' }).fill(password);
  await page.getByTestId('save-profile').click();
  await page.getByTestId('manage-profiles').click();
  await page.getByRole('button', { name: 'Mia' }).click();
  await expect(page).toHaveURL(`${node.url}/`);
  await page.goto(`${node.url}/profiles`);
  await page.getByRole('button', { name: 'Ana' }).click();
  await page.getByRole('textbox', { name: 'PIN', exact: true }).fill('0000');
  await expect(page.getByText('isn’t the PIN')).toBeVisible();
  await page.getByRole('textbox', { name: 'PIN', exact: true }).fill('4821');
  await expect(page).toHaveURL(`${node.url}/`);
});

test('everywhere else is signed out at once', async ({ page }) => {
  const email = someone();
  const other = new Client(node);
  await other.json('POST', '/api/v1/accounts', { email, password });
  await page.goto(`${node.url}/sign-in`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('submit').click();
  await page.getByTestId('account-link').click();
  await page.getByTestId('sign-out-elsewhere').click();
  await expect(page.getByTestId('sign-out-elsewhere')).toHaveCount(0);
  expect((await other.call('GET', '/api/v1/session')).status).toBe(401);
});
