// The redirect flow in Chromium, against the stand-in for Stripe (lib/stripe.ts): a card is kept on their page and left half-way first;
// the bank asks and is refused, then answered; afterwards the card is in use and is changed.
import { expect, test } from '@playwright/test';
import { operatorOf, planMake } from '../lib/billing.ts';
import { signedInContext } from '../lib/browser.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { accessFaults, complaints } from '../lib/screens.ts';
import { StripeServer } from '../lib/stripe.ts';

const node = new MatineeNode();
const stripe = new StripeServer();
test.beforeAll(async () => {
  await stripe.start();
  await node.start({ args: ['--stripe-url', stripe.url, '--billing-country', 'DE'], env: stripe.env });
  await planMake(await operatorOf(node), 'basic', 999);
});
test.afterAll(async () => {
  await node.stop();
  await stripe.stop();
  node.remove();
});

test('a card is kept on the gateway’s page, the bank asks on its own, and both lead back to where the person was', async ({ browser }) => {
  const who = await new Client(node).signUp('ana');
  const context = await signedInContext(browser, node, who);
  const page = await context.newPage();
  const faults = complaints(page, [409]);
  await page.goto(`${node.url}/plans`);
  await page.getByTestId('choose-basic').click();
  await expect(page.getByTestId('pay')).toBeDisabled(); /* nothing to pay with yet */
  await page.getByTestId('method-redirect').click();
  await expect(page).toHaveURL(new RegExp(`^${stripe.url}/c/pay/`));
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByText('Nothing was charged')).toBeVisible();
  expect(await accessFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'Try again' }).click();

  await expect(page).toHaveURL(/\/checkout\?plan=basic/);
  await page.getByTestId('method-redirect').click();
  await page.getByRole('button', { name: 'Save card 3220' }).click();
  await expect(page.getByTestId('method-in-use')).toBeChecked();
  await expect(page.getByText(/ending in \d{4} \(in use\)/)).toBeVisible();
  await page.getByTestId('pay').click();
  await expect(page).toHaveURL(new RegExp(`^${stripe.url}/3ds/`));
  await page.getByRole('button', { name: 'Fail' }).click();
  await expect(page.getByText('Nothing was charged')).toBeVisible();
  await page.getByTestId('pay-again').click();
  await expect(page.getByText(/ending in \d{4} \(was declined\)/)).toBeVisible();
  await page.getByTestId('pay').click();
  await page.getByRole('button', { name: 'Complete' }).click();
  await expect(page.getByRole('heading', { name: 'Thank you' })).toBeVisible();
  expect((await who.json('GET', '/api/v1/billing')).subscription.state).toBe('active');
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);

  await page.getByRole('link', { name: 'Membership' }).click();
  await expect(page.getByTestId('method-declined')).toHaveCount(0); /* it paid after all */
  await page.getByTestId('method-redirect').click();
  await page.getByRole('button', { name: 'Save card 4242' }).click();
  await expect(page).toHaveURL(`${node.url}/account/membership`);
  await expect(page.getByTestId('method')).toContainText('4242');
  expect(faults).toEqual([]);
  await context.close();
});
