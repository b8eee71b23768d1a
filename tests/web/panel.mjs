// SPDX-License-Identifier: Apache-2.0
// The panel of virtual doors: what is done there happens at the door, and the hub's page shows it. Here site.url is
// the panel's address and site.page the hub's.
import { journey, login } from './browser.mjs';

const door = (page, name = 'front') => page.locator(`#door-${name}`);
const card = (page, name) => page.locator(`[data-card="${name}"]`);
const lock = (page, name) => door(page, name).locator('.lock-state').innerText();
const facts = (page, name) => door(page, name).locator('.facts').innerText();
const lit = (page, lamp, name) => door(page, name).locator(`svg.${lamp}`).count();
const button = (page, name, where = 'front') => door(page, where).getByRole('button', { name });

async function begin({ page, until }) {
	await page.goto('/');
	await card(page, 'felica').waitFor({ state: 'attached' });
	await until(async () => /^Locked/.test(await lock(page)));
}

async function desk({ page, site }) {
	const context = await page
		.context()
		.browser()
		.newContext({ baseURL: `${site.page}/`, locale: 'en-GB' });
	const other = await context.newPage();

	await login(other, 'host', '#/log');
	return other;
}

journey('a card comes in', async (given) => {
	const { page, phone, check, until, axe, shot, fits, site } = given;

	await begin(given);
	await check('both doors are there', async () => (await page.getByRole('radio').count()) === 2);
	await check('the cards are named', card(page, 'parttime').getByText('Pat Parttime'));
	await check('and say when they come in', card(page, 'parttime').getByText('Monday to Friday, 09:00 to 17:30'));
	await axe('panel');
	await fits('panel');
	await shot('panel');
	const other = await desk(given);
	// each lasts as long as the release
	await Promise.all([
		check('the lock is released', async () => /^Released \d/.test(await lock(page))),
		check('the green light is on', () => lit(page, 'green')),
		check('the choice of doors says so', page.locator('.tab', { hasText: 'front' }).getByText('released')),
		check('a screen reader is told', async () => /front: released/.test(await page.locator('#live').textContent())),
		card(page, 'unlimited').click(),
	]);
	await shot('panel-released');
	await check('the list has it', async () => /Lock released/.test(await door(page).locator('.log').textContent()));
	await check('it locks again', async () => /^Locked/.test(await lock(page)));
	await other.getByRole('button', { name: /new entr/ }).click();
	await check('the page shows the entry', async () =>
		/Ned Unlimited/.test(await other.locator('.pager tbody').innerText()),
	);
	await check(
		'and has a link to the panel',
		async () => (await other.getByRole('link', { name: /Virtual doors/i }).getAttribute('href')) === `${site.url}/`,
	);
	await check(
		'the panel has one to the page',
		async () => (await page.getByRole('link', { name: 'Front desk' }).getAttribute('href')) === `${site.page}/`,
	);
	await other.context().close();
	if (!phone) {
		await Promise.all([
			check('a card is dragged to the other door', async () => /^Released/.test(await lock(page, 'back'))),
			card(page, 'unlimited').dragTo(door(page, 'back').locator('svg')),
		]);
	}
});

journey(
	'who stays out',
	async (given) => {
		const { page, check, until } = given;

		await begin(given);
		await page.getByLabel('Leave the card on the reader').check();
		await Promise.all([
			check(
				'the card is on the reader',
				async () => (await card(page, 'revoked').getAttribute('aria-pressed')) === 'true',
			),
			check('the red light is on', () => lit(page, 'red')),
			card(page, 'revoked').click(),
		]);
		await check('the lock is not released', /^Locked/.test(await lock(page)));
		await card(page, 'revoked').click();
		await check(
			'it is taken away again',
			async () => (await card(page, 'revoked').getAttribute('aria-pressed')) === 'false',
		);
	},
	{ sizes: ['phone'] },
);

journey(
	'hands at the door',
	async (given) => {
		const { page, check, until, axe } = given;

		await begin(given);
		const exit = button(page, 'Exit button');
		await exit.hover();
		await Promise.all([
			check('the exit button is pressed as long as the finger', () => lit(page, 'pressed')),
			check('it releases the lock', async () => /^Released/.test(await lock(page))),
			page.mouse.down(),
		]);
		await page.mouse.up();
		await check('and is let go', async () => !(await lit(page, 'pressed')));
		await button(page, 'Open the door').click();
		await check('the door opens', async () => /^Door open/.test(await facts(page)));
		await button(page, 'Close the door').click();
		await check('and closes', async () => /^Door closed/.test(await facts(page)) && /^Locked/.test(await lock(page)));
		await button(page, 'Force the door open').click();
		await check('it can be forced', button(page, 'Close the door'));
		await check('which makes a noise', () => lit(page, 'buzzing'));
		await button(page, 'Close the door').click();
		const fire = door(page).getByRole('switch', { name: 'Fire alarm' });
		await fire.click();
		await check(
			'fire opens the door',
			async () => /^Released/.test(await lock(page)) && (await fire.getAttribute('aria-checked')) === 'true',
		);
		await axe('panel with fire');
		await fire.click();
		await check('its end locks it', async () => /^Locked/.test(await lock(page)));
	},
	{ sizes: ['phone'] },
);

journey(
	'faults',
	async (given) => {
		const { page, check, until, fits, shot, expect_failures } = given;

		await begin(given);
		await door(page).getByText('Break something').click();
		await button(page, 'Break the reader').click();
		await check('the reader is unplugged', async () => /reader unplugged/.test(await facts(page)));
		await fits('faults');
		await shot('panel-faults');
		await button(page, 'Mend everything').click();
		await check('and mended', async () => /reader works/.test(await facts(page)));
		await page.route('**/doors/front?**', (route) => route.abort());
		expect_failures(/^GET \/doors\/front\?/, /^POST \/doors\/front\/hold 409/);
		await check('a site that is gone is said', door(page).getByText('is make run still running?'));
		await page.unroute('**/doors/front?**');
		await check(
			'and found again',
			async () => (await door(page).getByText('is make run').isHidden()) && /^Locked/.test(await lock(page)),
		);
		await page.evaluate(() =>
			fetch('/doors/front/hold', {
				method: 'POST',
				body: '{"words":"classic typeb felica ntag"}',
				headers: { 'Content-Type': 'application/json', 'X-Virtual-Door': '1' },
			}),
		);
		await page.getByLabel('Leave the card on the reader').check();
		await card(page, 'host').click();
		await check('a refusal is said in words', async () =>
			/no more fit/.test(await page.getByRole('alert').textContent()),
		);
		await page.evaluate(() =>
			fetch('/doors/front/reset', {
				method: 'POST',
				body: '{}',
				headers: { 'Content-Type': 'application/json', 'X-Virtual-Door': '1' },
			}),
		);
	},
	{ sizes: ['desktop'] },
);

journey(
	'by keyboard alone',
	async (given) => {
		const { page, check, until } = given;

		await begin(given);
		await page.getByRole('radio', { name: /front/ }).focus();
		await page.keyboard.press('ArrowRight');
		await card(page, 'unlimited').focus();
		await Promise.all([
			check('the other door is chosen and opens', async () => /^Released/.test(await lock(page, 'back'))),
			page.keyboard.press('Enter'),
		]);
		await check('not this one', /^Locked/.test(await lock(page)));
		await button(page, 'Exit button').focus();
		await Promise.all([
			check('the exit button by Space', () => lit(page, 'pressed')),
			check('releases the lock', async () => /^Released/.test(await lock(page))),
			page.keyboard.down('Space'),
		]);
		await page.keyboard.up('Space');
		await check('and is let go', async () => !(await lit(page, 'pressed')));
		// it lasts shorter than a look, but is listed; right after the key a click is the key's own
		const presses = () => door(page).locator('.log').getByText('Exit button pressed').count();
		const before = await presses();
		await check('a click from nowhere presses it, too', async () => {
			await button(page, 'Exit button').evaluate((one) => one.click());
			return (await presses()) > before;
		});
		await page.getByRole('button', { name: 'Sound' }).press('Enter');
		await check(
			'sound is a switch',
			async () => (await page.getByRole('button', { name: 'Sound' }).getAttribute('aria-pressed')) === 'true',
		);
		const stops = new Set();
		for (let i = 0; i < 60; i++) {
			await page.keyboard.press('Tab');
			stops.add(await page.evaluate(() => document.activeElement.textContent.trim().slice(0, 12)));
		}
		await check(
			'everything is reached by Tab',
			['Front desk', 'Exit button', 'Break someth', 'Maya Hoststa', 'Blank cards '].every((stop) => stops.has(stop)),
			[...stops].join('|'),
		);
	},
	{ sizes: ['desktop'] },
);
