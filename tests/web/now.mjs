// SPDX-License-Identifier: Apache-2.0
// The front desk: taps as they come, a reader that is lost and found, what an auditor may not, by keyboard alone.
import { journey, site, stretch } from './browser.mjs';
import { door, quiet, ready } from './desk.mjs';

const row = (page, text) => page.locator('.tap').filter({ hasText: text }).first();

/** Keeps when each row of a tap appears, by the clock that doors have, too. */
const stopwatch = (page) =>
	page.evaluate(() => {
		globalThis.appeared = {};
		new MutationObserver((changes) =>
			changes.forEach((change) =>
				change.addedNodes.forEach((node) => {
					if (node.classList?.contains('tap'))
						globalThis.appeared[node.dataset.id] = Date.now() - Date.parse(node.querySelector('time').dateTime);
				}),
			),
		).observe(document.querySelector('.taps'), { childList: true });
	});

journey('taps as they come', async ({ page, login, check, tap, axe, fits, shot, until, door_open, door_close }) => {
	const still = await quiet(page);

	await login('host', '#/now');
	await ready(page);
	await check('all is well', page.getByRole('heading', { name: /All is well|Nothing urgent/ }));
	await stopwatch(page);
	for (let i = 0; i < 3; i++) await tap('unlimited', i % 2 ? 'back' : 'front');
	await row(page, 'Ned Unlimited').waitFor();
	await check(
		'who came in is a link to their page',
		async () =>
			(await row(page, 'Ned Unlimited').getByRole('link').getAttribute('href')) ===
			`#/members/${site.people.unlimited.member}`,
	);
	await check('granted in a word', row(page, 'Ned Unlimited').getByText('Let in'));
	await tap('revoked', 'back');
	await row(page, 'Rob Revoked').waitFor();
	await check('refused in a word', row(page, 'Rob Revoked').getByText('Refused'));
	await check('and why', row(page, 'Rob Revoked').getByText('The card was revoked.'));
	await check('and what to tell them', row(page, 'Rob Revoked').getByText('This card is no longer in use'));
	await check('a screen reader is told', () =>
		page.getByRole('status').filter({ hasText: 'Refused: Rob Revoked, back' }).count(),
	);
	await tap('unknown');
	await row(page, 'a card that nobody knows').waitFor();
	await check(
		'a card that nobody knows can be given to somebody',
		row(page, 'a card that nobody knows').getByRole('button', { name: 'Give it to a member' }),
	);
	await check('it is said above, too', () => page.getByText('A card that nobody knows was shown at front').count());
	await check('which is nothing urgent', page.getByRole('heading', { name: 'Nothing urgent' }));
	const appeared = () => page.evaluate(() => Object.values(globalThis.appeared).sort((a, b) => a - b));
	const ms = await until(async () => (await appeared()).length >= 5 && appeared());
	console.log(`# from a door's decision to its row: ${ms.join(', ')} ms`);
	await check('each within a second', ms.at(-1) < 1000 * stretch(), `${ms.at(-1)} ms`);
	await tap('unlimited');
	await door_open();
	await check('who goes in is in', page.locator('.person').filter({ hasText: 'Ned Unlimited' }).first());
	await check('the door says so', door(page, 'front').getByText('Open', { exact: true }).first());
	await door_close();
	await check('and that it is shut', door(page, 'front').getByText('Shut and locked.'));
	await check('nothing moved', (await still()) === 0, await still(true));
	await page.locator('.taps-box').hover();
	await page.mouse.move(500, 500);
	await axe('now');
	await fits('now');
	await shot('now');
	await check('a resting list goes on', async () => (await page.locator('.taps-fresh.away').count()) === 1);
});

journey('a reader is lost and found', async ({ page, login, check, unplug, heal, tap, axe, shot }) => {
	const still = await quiet(page);

	await login('host', '#/now');
	await ready(page);
	await unplug('front');
	await tap('unlimited', 'front').catch(() => {});
	await check('it is said, with the door', page.getByText('front has lost its reader', { exact: true }));
	await check('a screen reader is told', () =>
		page.getByRole('status').filter({ hasText: 'Needs attention: front has lost its reader' }).count(),
	);
	await check('with what to do', () => page.getByText('check the reader’s cable').count());
	await check('the door says so, too', door(page, 'front').getByText('Reader missing'));
	await check('its edge is not that of one where all is right', async () =>
		/\bbad\b/.test(await door(page, 'front').getAttribute('class')),
	);
	await check('and it is locked all the same', door(page, 'front').getByText('Locked', { exact: true }));
	await axe('a reader is missing');
	await shot('now-reader');
	await heal('front');
	await check('it goes when the reader is back', page.getByRole('heading', { name: /All is well|Nothing urgent/ }));
	await check('nothing moved', (await still()) === 0, await still(true));
});

journey(
	'an auditor looks',
	async ({ page, login, check, axe }) => {
		await login('auditor', '#/now');
		await ready(page);
		await check('doors are shown', door(page, 'front'));
		for (const name of ['Open: front', 'Hold open…: front', 'Lockdown…', 'Let a member in'])
			await check(`nothing to press: ${name}`, (await page.getByRole('button', { name }).count()) === 0);
		await axe('now, of an auditor');
	},
	{ sizes: ['desktop'] },
);

journey(
	'by keyboard alone',
	async ({ page, login, check, until, strike }) => {
		const reach = async (name) => {
			for (let i = 0; i < 60; i++) {
				await page.keyboard.press('Tab');
				if (
					await page.evaluate(
						(is) => [document.activeElement.ariaLabel, document.activeElement.textContent.trim()].includes(is),
						name,
					)
				)
					return true;
			}
			return false;
		};

		await login('host', '#/now');
		await ready(page);
		await check('Open is reached', await reach('Open: front'));
		await page.keyboard.press('Enter');
		await check('and opens', async () => (await strike('front')) === 'on');
		await check('the focus stays', () => page.evaluate(() => document.activeElement.ariaLabel === 'Open: front'));
		await check('it is said', door(page, 'front').getByText('Opened by you'));
		await check('Hold open is next', await reach('Hold open…: front'));
		await page.keyboard.press('Space');
		await check('it asks how long', () =>
			page.getByRole('combobox', { name: 'For' }).evaluate((one) => one === document.activeElement),
		);
		await page.keyboard.press('Escape');
		await check('Escape goes back to the button', () =>
			page.evaluate(() => document.activeElement.ariaLabel === 'Hold open…: front'),
		);
		await page.keyboard.press('Shift+Tab');
		await check('the list of taps is reached', await reach('What happened at the doors, the newest first'));
	},
	{ sizes: ['desktop'] },
);

journey(
	'a tap while the page opens',
	async ({ page, login, check, tap }) => {
		let held = false;

		await page.route('**/api/v1/log?limit=60', async (route) => {
			const answer = await route.fetch();

			if (!held) {
				held = true;
				await page.locator('.live-mark.live').waitFor();
				await tap('revoked', 'back');
				await new Promise((done) => setTimeout(done, 1000 * site.slow)); // the stream has told it, to nobody
			}
			await route.fulfill({ response: answer });
		});
		await login('auditor', '#/now');
		const first = page.locator('.tap').first();
		await check(
			'is not missed',
			first
				.filter({ hasText: 'Rob Revoked' })
				.waitFor()
				.then(() => true),
		);
	},
	{ sizes: ['desktop'] },
);
