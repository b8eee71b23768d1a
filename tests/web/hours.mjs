// SPDX-License-Identifier: Apache-2.0
// Hours typed and painted, errors under the character, a closure on the calendar, "who could come in at …?".
import { YEAR, ahead, journey } from './browser.mjs';

journey('an admin changes a tier', async ({ page, phone, login, check, until, api, axe, shot, fits, size }) => {
	const made = await api('POST', '/tiers', { name: `Painters ${size}`, hours: 'Mo-Fr 09:00-17:00' });
	const hoursNow = async () => (await api('GET', `/tiers/${made.body.id}`)).body.hours;

	await login('admin', '#/hours');
	await check(
		'tiers stand side by side, with their week',
		async () => (await page.locator('.tiers .card').count()) >= 4 && (await page.locator('.tiers .week').count()) >= 4,
	);
	await check('a week is said in words, too', async () =>
		/Mon 9:00–17:30/.test(
			await page.getByRole('region', { name: 'part-time' }).getByRole('img').getAttribute('aria-label'),
		),
	);
	await axe('tiers');
	await fits('tiers');
	await shot('hours');
	await page
		.getByRole('region', { name: `Painters ${size}` })
		.getByRole('link', { name: 'Change' })
		.click();
	const hours = page.getByRole('textbox', { name: 'Hours', exact: true });

	await hours.fill('Mo-Fr 09:00-17:00; Sa 10:00-');
	await check(
		'a mistake is shown under its character, with what to do',
		async () =>
			/\^/.test(await page.locator('.caret pre').innerText()) &&
			/character \d+/.test(await page.locator('.caret').innerText()),
	);
	await axe('a mistake');
	await shot('hours-mistake');
	await hours.fill('Mo-Fr 09:00-17:00');
	await check('what is right is drawn', async () => (await page.locator('.week-plot .open').count()) === 5);
	await check('with what comes next', page.getByRole('heading', { name: 'Next openings' }));
	await until(async () => (await page.locator('.caret, .stale').count()) === 0);
	if (!phone) {
		const box = await page.locator('.week-plot').boundingBox();
		const at = (hour, row) => [box.x + (box.width * hour) / 24, box.y + 18 + 26 * row + 13];

		await page.mouse.move(...at(10.02, 5));
		await page.mouse.down();
		await page.mouse.move(...at(12, 5));
		await page.mouse.move(...at(13.98, 5));
		await page.mouse.up();
		await check(
			'dragging along Saturday opens it, in the text as well',
			async () => (await hours.inputValue()) === 'Mo-Fr 09:00-17:00; Sa 10:00-14:00',
		);
	} else {
		// not below the tabs at the foot
		await page.locator('.week-plot').evaluate((plot) => plot.scrollIntoView({ block: 'center' }));
		const box = await page.locator('.week-plot').boundingBox(),
			finger = await page.context().newCDPSession(page);
		const touch = (type, ...touchPoints) => finger.send('Input.dispatchTouchEvent', { type, touchPoints });
		const at = (hour, row) => ({ x: box.x + (box.width * hour) / 24, y: box.y + 18 + 26 * row + 13 });

		await touch('touchStart', at(10.1, 5));
		for (const hour of [11, 12, 13, 13.9]) await touch('touchMove', at(hour, 5));
		await touch('touchEnd');
		await check(
			'a finger along Saturday opens it, in the text as well',
			async () => (await hours.inputValue()) === 'Mo-Fr 09:00-17:00; Sa 10:00-14:00',
		);
	}
	await until(async () => (await page.locator('.week-plot .open').count()) === 6);
	await axe('the editor');
	await fits('the editor');
	await shot('hours-edit');
	await page.getByRole('button', { name: 'Save' }).click();
	await check('the hub has it', async () => (await hoursNow()) === 'Mo-Fr 09:00-17:00; Sa 10:00-14:00');
	await until(() => page.evaluate(() => document.activeElement.matches('h1'))); // of the view that comes
	await page.getByRole('button', { name: 'Undo' }).focus();
	await page.keyboard.press('Enter');
	await check('the focus is not lost with the button', () =>
		page.evaluate(() => document.activeElement !== document.body),
	);
	await check('and has the old again after Undo', async () => (await hoursNow()) === 'Mo-Fr 09:00-17:00');
	await page
		.getByRole('region', { name: `Painters ${size}` })
		.getByRole('link', { name: 'Change' })
		.click();
	await page.getByRole('button', { name: 'Remove the tier' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove the tier' }).click();
	await check('it is gone', async () => (await api('GET', `/tiers/${made.body.id}`)).status === 404);
});

journey('a closure on the calendar', async ({ page, login, check, until, api, axe, shot, fits, size }) => {
	await login('admin', `#/hours/calendar?month=${YEAR}-12`);
	await check('bank holidays are on it', async () => /Christmas Day/.test(await page.locator('.month').textContent()));
	await page.getByRole('button', { name: new RegExp(`Add on \\w+,? 29 Dec ${YEAR}`) }).click();
	const dialog = page.getByRole('dialog');

	await dialog.getByLabel('Why').fill(`Stocktaking ${size}`);
	await axe('a closure');
	await dialog.getByRole('button', { name: 'Save' }).click();
	const find = async () =>
		(await api('GET', `/exceptions?since=${YEAR}-12-29`)).body.items.find(
			(one) => one.reason === `Stocktaking ${size}`,
		);

	await check('the hub has it', find);
	await check('the calendar shows it', page.locator('.month .badge', { hasText: `Stocktaking ${size}` }));
	await axe('the calendar');
	await fits('the calendar');
	await shot('hours-calendar');
	await page.getByRole('button', { name: `Remove “Stocktaking ${size}”` }).click();
	await check('removed', async () => !(await find()));
	await page.getByRole('button', { name: 'Undo' }).click();
	await check('and back', find);
	await api('DELETE', `/exceptions/${(await find()).id}`);
	await page.getByRole('button', { name: 'The month after' }).focus();
	for (const month of [`January ${YEAR + 1}`, `February ${YEAR + 1}`]) {
		await page.keyboard.press('Enter');
		await check(`by the keys to ${month}, from where they are`, () =>
			until(() => page.getByRole('heading', { name: month }).isVisible()),
		);
	}
});

journey('who could come in', async ({ page, login, check, until, axe, shot, fits, site }) => {
	await login('host', `#/hours/who?date=${ahead(7 - new Date().getUTCDay())}&time=12:00`); // a Sunday
	await check('by tier: part-time stays out on a Sunday, and why', async () =>
		/part-time[\s\S]*outside the tier’s hours[\s\S]*stays out/i.test(
			await page.getByRole('heading', { name: 'front' }).locator('..').innerText(),
		),
	);
	await axe('by tier');
	await fits('by tier');
	await shot('hours-who');
	await page.getByRole('combobox', { name: 'Somebody in particular' }).fill('Pat');
	await page.getByRole('option', { name: /Pat Parttime/ }).click();
	await check('one person: what to tell them', page.getByText('Please come back within your hours').first());
	await page.getByText('Step by step').first().click();
	await check('step by step', page.locator('.steps .step').first());
	await axe('one person');
	await shot('hours-who-one');
	await check('the question stands in the address', () => page.url().includes(`member=${site.people.parttime.member}`));
});
