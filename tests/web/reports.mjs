// SPDX-License-Identifier: Apache-2.0
// A month in pictures, each with its table and to be saved; the roll call as it is printed.
import { readFileSync } from 'node:fs';
import { journey } from './browser.mjs';

journey('an auditor looks at a month', async ({ page, login, check, until, api, tap, axe, shot, fits }) => {
	const month = new Intl.DateTimeFormat('sv-SE', {
		timeZone: 'Europe/London',
		year: 'numeric',
		month: '2-digit',
	}).format(new Date());

	for (const card of ['host', 'unlimited', 'guest', 'revoked', 'unknown']) await tap(card, 'front');
	await until(async () => (await api('GET', `/reports/${month}?exact=true`)).body.denied.taps >= 2);
	await login('auditor', '#/reports');
	await check(
		'numbers about few are withheld, and it says so',
		page.getByText('Numbers about fewer than five people are withheld'),
	);
	await axe('reports, withheld');
	await page.getByLabel('Exact numbers').check();
	const report = (await api('GET', `/reports/${month}?exact=true`)).body;
	const denied = page.getByRole('figure').filter({ hasText: 'Refused, and why' });

	await check(
		'the picture of refusals says their number',
		denied.getByText(`${report.denied.taps} taps were refused.`),
	);
	await check(
		'a bar for each reason',
		async () => (await denied.locator('rect.bar').count()) === report.denied.reasons.length,
	);
	await denied.getByText('The numbers', { exact: true }).click();
	await check('its table has the same', async () =>
		(await denied.locator('tbody tr').last().innerText()).includes(String(report.denied.taps)),
	);
	const heat = page.getByRole('figure').filter({ hasText: 'When people come' });

	await check(
		'the heat map has a cell for each hour and day',
		async () => (await heat.locator('rect.heat').count()) === 7 * 24,
	);
	await check(
		'the months before are drawn',
		async () =>
			(await page.getByRole('figure').filter({ hasText: 'From month to month' }).locator('rect.bar').count()) === 12,
	);
	const [saved] = await Promise.all([
		page.waitForEvent('download'),
		denied.getByRole('button', { name: 'Save the picture' }).click(),
	]);
	const picture = readFileSync(await saved.path(), 'utf8');

	await check(
		'a picture is saved that stands alone',
		saved.suggestedFilename() === `tapin-denied-${month}.svg` &&
			picture.startsWith('<svg') &&
			/fill="rgb/.test(picture) &&
			!/class="[^"]*<script/.test(picture),
	);
	const [numbers] = await Promise.all([
		page.waitForEvent('download'),
		denied.getByRole('link', { name: 'Save the numbers' }).click(),
	]);

	await check('and its numbers', readFileSync(await numbers.path(), 'utf8').startsWith('reason,sentence,taps'));
	await axe('reports');
	await fits('reports');
	await shot('reports');
});

journey('a host prints the roll call', async ({ page, login, check, enter, axe, shot, fits }) => {
	await enter('unlimited', 'front');
	await login('host', '#/rollcall');
	await check('who came is on it', page.getByRole('rowheader', { name: 'Ned Unlimited' }));
	await check('it says that it is no proof', page.getByText('no proof that the building is empty'));
	await enter('host', 'back');
	await check('who comes appears by themselves', page.getByRole('rowheader', { name: 'Maya Host' }));
	await axe('roll call');
	await fits('roll call');
	await page.emulateMedia({ media: 'print' });
	await check(
		'printed are the list and its sentence, and no buttons',
		async () =>
			(await page.getByRole('rowheader', { name: 'Ned Unlimited' }).isVisible()) &&
			!(await page.getByRole('button', { name: 'Print' }).isVisible()) &&
			!(await page.getByRole('navigation').first().isVisible()),
	);
	await shot('rollcall-print');
});
