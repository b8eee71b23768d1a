// SPDX-License-Identifier: Apache-2.0
// How the page looks where colours are the system's own, where letters are large, and on paper.
import { journey } from './browser.mjs';
import { utc } from './entrance.mjs';

/** The sheets of views that hold now, by their names. */
const sheets = (page) =>
	page.evaluate(() =>
		[...document.querySelectorAll('link[data-sheet]')]
			.filter((link) => !link.sheet?.disabled)
			.map((link) => link.dataset.sheet.split('/').pop())
			.join(),
	);

journey('a view looks the same whatever was seen before', async ({ page, phone, login, go, check, until }) => {
	await login('admin', '#/now');
	for (const name of ['members', 'hours', 'checkin', 'reports', 'rollcall', 'audit', 'log', 'now', 'log']) {
		await go(`#/${name}`);
		await check(
			`${name} has its own sheet alone`,
			until(async () => (await sheets(page)) === `${name}.css`),
		);
	}
	await check('a door of the log is a cell of its table', () =>
		until(() =>
			page
				.locator('td.door')
				.first()
				.evaluate((cell, none) => getComputedStyle(cell).display === (none ? 'none' : 'table-cell'), phone),
		),
	);
});

/** A property of what is found first, as it is drawn. */
const drawn = (page, selector, name) =>
	page
		.locator(selector)
		.first()
		.evaluate((node, key) => getComputedStyle(node).getPropertyValue(key), name);

/** An event of now with people on its list, one of whom came. */
async function party(api, title) {
	const { id } = (await api('POST', '/events', { title, door: 'front', starts: utc(-0.5), ends: utc(2), capacity: 4 }))
		.body;

	for (const name of ['Ada Lovelace', 'Grace Hopper', 'Mary Shelley'])
		await api('POST', `/events/${id}/guests`, { name });
	const guests = (await api('GET', `/events/${id}/guests`)).body.items;

	await api('PUT', `/event-guests/${guests[0].id}/arrival`, { came: true });
	return id;
}

for (const colorScheme of ['light', 'dark'])
	journey(
		`the system’s own colours, ${colorScheme}`,
		async ({ page, login, go, check, until, api, shot }) => {
			const differ = (what, one, other, name) =>
				check(
					what,
					until(async () => (await drawn(page, one, name)) !== (await drawn(page, other, name))),
				);
			const read = (what, selector) =>
				check(
					what,
					until(
						async () => (await drawn(page, selector, 'color')) !== (await drawn(page, selector, 'background-color')),
					),
				);
			const lined = (what, selector, style = 'solid') =>
				check(
					what,
					until(async () => (await drawn(page, selector, 'border-bottom-style')) === style),
				);
			const id = await party(api, `Party ${colorScheme}`);

			await login('admin', '#/now');
			await differ('the tab where one is', '.tabs a[aria-current]', '.tabs a:not([aria-current])', 'background-color');
			await read('and it can be read', '.tabs a[aria-current]');
			await differ(
				'what is to be pressed first',
				'button.primary',
				'.door-acts button:not(.primary)',
				'background-color',
			);
			await lined('a badge has an edge', '.door .badge');
			await shot(`forced-now-${colorScheme}`);
			await go('#/members');
			await differ(
				'the part where one is',
				'.subtabs a[aria-current]',
				'.subtabs a:not([aria-current])',
				'background-color',
			);
			await read('and it can be read', '.subtabs a[aria-current]');
			await go('#/hours');
			await differ('open hours of a week', '.week-plot .open', '.week-plot .day', 'fill');
			await shot(`forced-hours-${colorScheme}`);
			await go(`#/checkin/${id}`);
			await differ('how full it is', '.meter span', '.meter', 'background-color');
			await differ('who came', '.guest.came .box svg', '.guest:not(.came) .box svg', 'visibility');
			await page.getByRole('link', { name: 'Check-in' }).first().focus();
			await check(
				'where the keyboard is',
				until(async () => {
					await page.keyboard.press('Tab');
					return page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle === 'solid');
				}),
			);
			await go('#/reports');
			await check(
				'the fields of a heat map have edges',
				until(async () => (await drawn(page, '.plot .heat', 'stroke')) !== 'none'),
			);
			await api('DELETE', `/events/${id}`);
		},
		{ sizes: ['desktop'], context: { forcedColors: 'active', colorScheme } },
	);

for (const [name, viewport] of Object.entries({
	'400 %': { width: 320, height: 256 },
	'200 %': { width: 683, height: 384 },
}))
	journey(
		`letters at ${name}`,
		async ({ page, login, go, check, until, site, shot }) => {
			await login('admin', '#/now');
			for (const at of [
				'now',
				'checkin',
				'members',
				`members/${site.people.unlimited.member}`,
				'hours',
				'hours/tier/1',
				'hours/calendar',
				'hours/who',
				'log',
				'audit',
				'reports',
				'rollcall',
			]) {
				await go(`#/${at}`);
				await check(
					`${at} is no wider than the window`,
					until(() =>
						page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
					),
				);
			}
			await check(
				'the ways to the views scroll away with the page',
				until(() =>
					page.evaluate(() => {
						scrollTo(0, 2000);
						return document.querySelector('.tabs').getBoundingClientRect().bottom < 0 || scrollY < 200;
					}),
				),
			);
			await go('#/checkin');
			await page.getByRole('button', { name: 'New event' }).click();
			const last = page.getByRole('dialog').getByRole('button', { name: 'Add the event' });

			await last.scrollIntoViewIfNeeded();
			await check(
				'the end of a long dialog can be reached',
				until(() => last.evaluate((node) => node.getBoundingClientRect().bottom <= innerHeight)),
			);
			await shot(`large-${viewport.width}`);
		},
		{ sizes: ['desktop'], context: { viewport } },
	);

journey(
	'paper',
	async ({ page, login, go, check, until, api, site, shot }) => {
		const id = await party(api, 'Party on paper');
		const said = () => page.locator('.printed').textContent();
		const seen = (selector) => page.locator(selector).first().isVisible();

		await api('POST', '/presence', { member: site.people.unlimited.member, inside: true, why: 'test' });
		await page.addInitScript(() => {
			window.print = () => {
				document.documentElement.dataset.prints = Number(document.documentElement.dataset.prints ?? 0) + 1;
			};
		});
		await login('admin', '#/rollcall');
		await page.getByRole('button', { name: 'Print' }).click();
		await check(
			'the button prints',
			until(() => page.evaluate(() => document.documentElement.dataset.prints === '1')),
		);
		await check('the roll call becomes a sheet', async () => (await page.pdf({ format: 'A4' })).length > 5000);
		await check(
			'with when and by whom above it',
			until(async () => /^\S.*Printed \w{3},? \d+ \w{3} \d{4}, \d\d:\d\d, by admin$/.test(await said())),
		);
		await page.emulateMedia({ media: 'print' });
		await check(
			'names and boxes to tick, nothing of the screen',
			until(
				async () =>
					(await seen('.printed')) &&
					(await page.getByRole('rowheader', { name: 'Ned Unlimited' }).isVisible()) &&
					(await seen('.rollcall .box')) &&
					!(await seen('.tabs')) &&
					!(await seen('.top')),
			),
		);
		await shot('paper-rollcall');
		await page.emulateMedia({ media: null });
		await go(`#/checkin/${id}`);
		await page.getByLabel('Find a name').fill('Grace');
		await check(
			'one name is looked for',
			until(async () => (await page.locator('.guest').count()) === 1),
		);
		await page.locator('summary', { hasText: 'The list and the event' }).click();
		await page.getByRole('button', { name: 'Print' }).click();
		await check(
			'on paper stands everybody',
			until(async () => (await page.locator('.guest').count()) === 3),
		);
		await check('the list becomes a sheet', async () => (await page.pdf({ format: 'A4' })).length > 5000);
		await page.emulateMedia({ media: 'print' });
		await check(
			'with how many came, and no buttons',
			until(
				async () =>
					/3 on the list/.test(await page.locator('.tally').innerText()) &&
					!(await seen('.finder')) &&
					!(await seen('.acts')),
			),
		);
		await shot('paper-event');
		await page.emulateMedia({ media: null });
		await api('DELETE', `/events/${id}`);
		await api('POST', '/presence', { member: site.people.unlimited.member, inside: false, why: 'test' });
	},
	{ sizes: ['desktop'] },
);
