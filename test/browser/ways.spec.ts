// Ways to sign in besides a password, in Chromium with its virtual authenticator and a real OpenID provider.
import { expect, test, type CDPSession, type Page } from '@playwright/test';
import { Client, freePort, MatineeNode } from '../lib/node.ts';
import { OpenIdProvider } from '../lib/provider.ts';
import { App } from '../lib/totp.ts';
import { accessFaults, pastTheEdge } from '../lib/screens.ts';

const password = 'a long enough password';
const node = new MatineeNode();
const provider = new OpenIdProvider();

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  node.port = await freePort();
  await provider.start(`${node.url}/sign-in/oidc/1`);
  await node.start({ args: ['--oidc-issuer', provider.issuer, '--oidc-client-id', provider.client.id, '--oidc-label', 'Kinohaus'], env: { MATINEE_OIDC_CLIENT_SECRET: provider.client.secret } });
});
test.afterAll(async () => {
  await node.stop();
  await provider.stop();
  node.remove();
});
const someone = () => `ana-${Math.random().toString(36).slice(2)}@example.org`;

/** The authenticator touches itself: the browser would sign in before a button is pressed, so it fills in nothing unless told to. */
async function authenticator(page: Page): Promise<{ cdp: CDPSession; id: string }> {
  await page.addInitScript(() => {
    if (!localStorage.getItem('fill')) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { cdp, id };
}
async function signOut(page: Page): Promise<void> {
  await page.goto(`${node.url}/account`);
  await page.getByTestId('sign-out').click();
  await expect(page.getByTestId('submit')).toBeVisible();
}
test('signed up with a passkey, signed in without an address, and the browser offers it by itself', async ({ page }) => {
  const a = await authenticator(page);
  const email = someone();
  await page.goto(`${node.url}/sign-up`);
  await page.getByTestId('passkey').click();
  await expect(page.getByText('Enter an e-mail address')).toBeVisible();
  await page.getByLabel('What should we call you?').fill('Ana');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByTestId('passkey').click();
  await expect(page.getByTestId('account-link')).toBeVisible();
  expect((await a.cdp.send('WebAuthn.getCredentials', { authenticatorId: a.id })).credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);

  await signOut(page);
  await page.getByTestId('passkey').click();
  await expect(page.getByTestId('account-link')).toBeVisible();

  await page.evaluate(() => localStorage.setItem('fill', '1'));
  await page.goto(`${node.url}/account`);
  await page.getByTestId('sign-out').click(); // then nothing is pressed: the browser fills it in
  await expect(page.getByTestId('submit')).toHaveCount(0);
  await expect(page.getByTestId('account-link')).toBeVisible();
  await page.goto(`${node.url}/account`);
  await expect(page.getByText(email)).toBeVisible();
});

test('in the account: added with the password, renamed, removed, and the last one stays', async ({ page }) => {
  const email = someone();
  await authenticator(page);
  await new Client(node).json('POST', '/api/v1/accounts', { email, password });
  await page.goto(`${node.url}/sign-in`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('submit').click();
  await page.getByTestId('account-link').click();
  await page.getByTestId('passkey-add').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Blue key');
  await page.getByTestId('save').click();
  const mine = page.getByTestId('way');
  await expect(mine).toContainText('Blue key');
  await mine.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Red key');
  await page.getByTestId('save').click();
  await expect(mine).toContainText('Red key');
  // The same device twice: the browser itself says no.
  await page.getByTestId('passkey-add').click();
  await page.getByTestId('save').click();
  await expect(page.getByText('has a passkey for an account here already')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await mine.getByRole('button', { name: 'Remove' }).click();
  await page.getByTestId('save').click();
  await expect(mine).toHaveCount(0);
  await signOut(page);
  await page.getByTestId('passkey').click();
  await expect(page.getByText('No account here has this passkey')).toBeVisible();
});

test('a copy of a passkey signs nobody in, and its owner sees it', async ({ page }) => {
  const a = await authenticator(page);
  const email = someone();
  await page.goto(`${node.url}/sign-up`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByTestId('passkey').click();
  await expect(page.getByTestId('account-link')).toBeVisible();
  await page.goto(`${node.url}/account`);
  await expect(page.getByTestId('way')).toHaveCount(1);
  await page.getByTestId('way').getByRole('button', { name: 'Remove' }).click();
  await page.getByTestId('save').click();
  await expect(page.getByText('This is the only way into your account')).toBeVisible();
  await signOut(page);
  await page.getByTestId('passkey').click();
  await expect(page.getByTestId('account-link')).toBeVisible();
  const [{ signCount: _, ...copy }] = (await a.cdp.send('WebAuthn.getCredentials', { authenticatorId: a.id })).credentials as [any];
  await signOut(page);
  await a.cdp.send('WebAuthn.removeCredential', { authenticatorId: a.id, credentialId: copy.credentialId });
  await a.cdp.send('WebAuthn.addCredential', { authenticatorId: a.id, credential: { ...copy, signCount: 0 } });
  await page.getByTestId('passkey').click();
  await expect(page.getByText('This passkey may have been copied')).toBeVisible();
});

test('through a service: an account of its own, connected, and back', async ({ page }) => {
  provider.person = { sub: 'ana', email: someone(), email_verified: true, name: 'Ana Löwe' };
  await page.goto(`${node.url}/sign-in?to=%2Faccount`);
  await page.getByTestId('service-1').click();
  await expect(page).toHaveURL(`${node.url}/account`);
  await expect(page.getByText(provider.person.email!, { exact: false }).first()).toBeVisible();
  await expect(page.getByTestId('way')).toContainText('Kinohaus');
  await page.getByTestId('way').getByRole('button', { name: 'Disconnect' }).click();
  await page.getByTestId('save').click();
  await expect(page.getByText('This is the only way into your account')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  // Without a password there is none to ask for.
  await page.getByTestId('delete').click();
  await expect(page.getByLabel('Your password')).toHaveCount(0);
  await page.getByTestId('delete-confirm').click();
  await expect(page.getByTestId('submit')).toBeVisible();
});

test('through a service whose address is an account\'s: its owner signs in, and the two are connected', async ({ page }) => {
  const email = someone();
  await new Client(node).json('POST', '/api/v1/accounts', { email, password });
  provider.person = { sub: email, email, email_verified: true };
  await page.goto(`${node.url}/sign-up?to=https://evil.example.org`);
  await page.getByTestId('service-1').click();
  await expect(page.getByRole('heading', { name: 'You have an account here already' })).toBeVisible();
  await expect(page).toHaveURL(`${node.url}/sign-in/oidc/1`); // no code in it
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('submit').click();
  await expect(page).toHaveURL(`${node.url}/`);
  await page.goto(`${node.url}/account`);
  await expect(page.getByTestId('way')).toContainText(email);
  await page.goto(`${node.url}/sign-in/oidc/1?code=x&state=${'A'.repeat(43)}`);
  await expect(page.getByText('took too long, or was begun elsewhere')).toBeVisible();
});

test('an authenticator app: set up, asked for after the password and after a service, taken away', async ({ page }) => {
  const email = someone();
  await new Client(node).json('POST', '/api/v1/accounts', { email, password });
  const look = async (name: string) => {
    expect(await pastTheEdge(page), name).toEqual([]);
    expect(await accessFaults(page), name).toEqual([]);
    if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/${name}.png` });
  };
  const byPassword = async () => {
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByTestId('submit').click();
  };
  const code = page.getByRole('textbox', { name: 'Code' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${node.url}/sign-in?to=%2Faccount`);
  await byPassword();
  await page.getByTestId('factor').click();
  await page.getByLabel('Your password').fill(password);
  await page.getByTestId('save').click();
  const app = new App((await page.getByTestId('secret').innerText()).replaceAll(/\s/g, ''));
  await look('factor-secret');
  await code.fill('000000');
  await page.getByTestId('save').click();
  await expect(page.getByText('That code is not right')).toBeVisible();
  await code.fill(await app.next());
  await page.getByTestId('save').click();
  const recovery = (await page.getByTestId('recovery').innerText()).trim().split('\n');
  expect(recovery).toHaveLength(10);
  await look('factor-recovery');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByText('Recovery codes left: 10')).toBeVisible();

  await page.getByTestId('sign-out').click();
  await byPassword();
  await expect(code).toBeFocused();
  await look('factor-step');
  await code.fill(await app.next());
  await page.getByTestId('submit').click();
  await expect(page.getByText(email)).toBeVisible();

  await signOut(page);
  provider.person = { sub: email, email, email_verified: true };
  await page.getByTestId('service-1').click(); // its owner signs in here, with both, and the two are connected
  await expect(page.getByRole('heading', { name: 'You have an account here already' })).toBeVisible();
  await byPassword();
  await code.fill(recovery[0]!);
  await page.getByTestId('submit').click();
  await expect(page).toHaveURL(/\/(account)?$/);
  await signOut(page);
  await page.getByTestId('service-1').click();
  await expect(code).toBeFocused();
  await look('factor-service');
  await code.fill(recovery[0]!); // used once already
  await page.getByTestId('submit').click();
  await expect(page.getByText('That code is not right')).toBeVisible();
  await code.fill(recovery[1]!);
  await page.getByTestId('submit').click();
  await expect(page).toHaveURL(/\/(account)?$/);

  await page.goto(`${node.url}/account`);
  await page.getByTestId('factor').click();
  await code.fill(recovery[2]!);
  await page.getByTestId('save').click();
  await expect(page.getByTestId('factor')).toHaveText('Set up');
});

for (const [width, height, locale] of [[390, 844, 'de-DE'], [1440, 900, 'en-US']] as const)
  test(`the screens stand at ${width} in ${locale}`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width, height }, locale });
    const page = await context.newPage();
    await authenticator(page);
    provider.person = { sub: someone(), email: `a-rather-long-address-of-somebody-${width}@mail.example.org`, email_verified: true };
    const look = async (name: string) => {
      expect(await pastTheEdge(page), name).toEqual([]);
      expect(await accessFaults(page), name).toEqual([]);
      if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/${name}-${width}.png`, fullPage: true });
    };
    for (const path of ['sign-in', 'sign-up']) {
      await page.goto(`${node.url}/${path}`);
      await expect(page.getByTestId('service-1')).toBeVisible();
      await look(path);
    }
    await page.getByTestId('service-1').click();
    await expect(page).toHaveURL(`${node.url}/`);
    await page.goto(`${node.url}/account`);
    await page.getByTestId('passkey-add').click();
    await look('add');
    await page.getByTestId('save').click();
    await expect(page.getByTestId('way')).toHaveCount(2);
    await look('account');
    await context.close();
  });
