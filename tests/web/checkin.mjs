// SPDX-License-Identifier: Apache-2.0
// The entrance of an event: lists, ticks, walk-ins, what others tick and doors let in meanwhile.
import { readFileSync } from 'node:fs';
import { journey, login as log_in, site } from './browser.mjs';
import { party, pressed, row, said, utc } from './entrance.mjs';

const TIME = new Intl.DateTimeFormat('en-GB', {
	timeZone: 'Europe/London',
	hour: '2-digit',
	minute: '2-digit',
	hourCycle: 'h23',
});
const came = async (page) => (await page.locator('.tally').innerText()).replace(/\s+/g, ' ');

async function shifts(page) {
	await page.evaluate(() => {
		globalThis.shifted = [];
		new PerformanceObserver((list) =>
			list
				.getEntries()
				.filter((entry) => !entry.hadRecentInput)
				.forEach((entry) =>
					globalThis.shifted.push(
						...entry.sources.map(
							({ node }) => `${node?.className ?? node?.nodeName} ${node?.textContent.slice(0, 60)}`,
						),
					),
				),
		).observe({ type: 'layout-shift', buffered: false });
	});
	return async () => (await page.evaluate(() => globalThis.shifted)).join('; ');
}

journey(
	'a host makes an event and fills its list',
	async ({ page, phone, login, check, until, api, axe, shot, fits, size, expect_failures }) => {
		const title = `Open evening ${size}`;

		expect_failures(/PATCH \/api\/v1\/events\/\d+ 412/);
		await login('host', '#/checkin');
		await axe('check-in, empty');
		await shot('checkin-empty');
		await page.getByRole('button', { name: 'New event' }).click();
		const dialog = page.getByRole('dialog');

		await dialog.getByLabel('Title').fill(title);
		await dialog.getByLabel('Begins').fill(TIME.format(Date.now() - 1800000));
		await dialog.getByLabel('Ends').fill(TIME.format(Date.now() + 7200000));
		await dialog.getByLabel('How many may be in').fill('3');
		if (phone) await axe('a new event');
		await shot('checkin-new');
		await dialog.getByRole('button', { name: 'Add the event' }).click();
		await check('its empty list says what to do first', page.getByText('Add people or import a list'));
		await page.getByRole('button', { name: 'Add to the list' }).click();
		await dialog.getByRole('combobox', { name: 'Name' }).fill('Ned');
		await dialog.getByRole('option', { name: /Ned Unlimited/ }).click();
		if (phone) await axe('somebody more');
		await dialog.getByRole('button', { name: 'Add to the list' }).click();
		await check('a member is on the list', row(page, 'Ned Unlimited'));
		await page.getByRole('button', { name: 'Import a list' }).click();
		const file = dialog.getByLabel('A file');

		await file.setInputFiles({
			name: 'list.csv',
			mimeType: 'text/csv',
			buffer: Buffer.from(`name,member\nGrace Hopper,\nNobody,999999\n,${site.people.guest.member}\n`),
		});
		await check(
			'a mistake is shown at its line, and nothing is taken',
			async () =>
				/One line has a mistake/.test(await dialog.innerText()) &&
				(await dialog.getByRole('button', { name: 'Put them on the list' }).isDisabled()),
		);
		await check('who is a member is said, and who is on it by name only', () =>
			until(async () =>
				/Member: Gus Guest[\s\S]*By name only|By name only[\s\S]*Member: Gus Guest/.test(await dialog.innerText()),
			),
		);
		if (phone) await axe('a mistake in a list');
		await shot('checkin-import');
		await file.setInputFiles({
			name: 'list.csv',
			mimeType: 'text/csv',
			buffer: Buffer.from('name,member\nGrace Hopper,\nÉmile =Zola,\n'),
		});
		await until(() => dialog.getByText('2 new on the list').isVisible());
		await dialog.getByRole('button', { name: 'Put them on the list' }).click();
		await check(
			'mended, both are on the list',
			async () => (await row(page, 'Grace Hopper').isVisible()) && (await row(page, 'Émile').isVisible()),
		);
		await page.getByRole('button', { name: 'Import a list' }).click();
		await dialog.getByLabel('Or paste names').fill('Grace Hopper\nAda "Countess" Lovelace');
		await check('pasted names are looked at, too', dialog.getByText('1 new on the list, 1 there already'));
		await dialog.getByRole('button', { name: 'Put them on the list' }).click();
		await check('and taken', row(page, 'Ada "Countess"'));
		await page.getByRole('button', { name: 'Take people off' }).click();
		await page.getByRole('button', { name: 'Dismiss' }).last().click(); // what was said lies upon it
		await page.getByRole('button', { name: 'Take Ada "Countess" Lovelace off the list' }).click();
		await check('one is taken off', async () => (await row(page, 'Ada "Countess"').count()) === 0);
		await page.getByRole('button', { name: 'Undo' }).click();
		await check('and back', row(page, 'Ada "Countess"'));
		await page.getByRole('button', { name: 'Take people off' }).click();
		await fits('the list');
		await page.getByRole('button', { name: 'Change the event' }).click();
		await dialog.getByLabel(/^Room/).fill('Great hall');
		const id = Number(page.url().split('/').pop());
		await api('PATCH', `/events/${id}`, { note: 'Coats on the left' });
		await dialog.getByRole('button', { name: 'Save' }).click();
		await check(
			'who changes what somebody changed meanwhile is told',
			dialog.getByText('Somebody changed this meanwhile'),
		);
		await dialog.getByRole('button', { name: 'Cancel' }).click();
		await check('and sees what is there now', page.getByText('Coats on the left'));
		await page.getByRole('button', { name: 'Make a series' }).click();
		await dialog.getByLabel('How many in all').fill('2');
		if (phone) await axe('a series');
		await dialog.getByRole('button', { name: 'Make a series' }).click();
		await check('a series is made', page.getByText('2 events in the series'));
		await page.getByRole('link', { name: 'Check-in' }).first().click();
		await check(
			'today’s is on now, the next one comes',
			async () =>
				/On now/.test(
					await page
						.getByRole('link', { name: new RegExp(title) })
						.first()
						.innerText(),
				) && (await page.getByRole('heading', { name: 'Coming' }).isVisible()),
		);
		await shot('checkin');
		await page
			.getByRole('link', { name: new RegExp(title) })
			.first()
			.click();
		await page.getByText('The list and the event').click();
		await page.getByRole('button', { name: 'Remove the event' }).click();
		if (phone) await axe('removing');
		await dialog.getByRole('button', { name: 'Remove the event' }).click();
		await check('it is gone', async () => (await api('GET', `/events/${id}`)).status === 404);
		for (const event of (await api('GET', '/events?limit=200')).body.items) await api('DELETE', `/events/${event.id}`);
	},
);

journey(
	'people come to a full event',
	async ({ page, phone, login, check, until, api, axe, shot, fits, size, expect_failures, enter }) => {
		const { unlimited, host } = site.people,
			id = await party(
				api,
				`Concert ${size}`,
				[{ member: unlimited.member }, { member: host.member }, 'Grace Hopper', 'Ada Lovelace', 'Alan Turing'],
				{ capacity: 4 },
			);

		expect_failures(/POST \/api\/v1\/events\/\d+\/guests 409/);
		await login('host', `#/checkin/${id}`);
		await axe('a list');
		const moved = await shifts(page);
		const before = Date.now();

		await enter('unlimited', 'front');
		await check('a card at the door ticks its person off', () => pressed(page, 'Ned Unlimited'));
		console.log(`# shown ${Date.now() - before} ms after the tap began, the door's own time among it`);
		await check('who came last is said above', async () =>
			/Last: .?Ned Unlimited/.test(await page.locator('.last').innerText()),
		);
		await row(page, 'Ned Unlimited').click();
		await check(
			'a tap is not taken back, and it says why',
			async () => /came by card/.test(await said(page)) && (await pressed(page, 'Ned Unlimited')),
		);
		const where = async (name) => (await row(page, name).boundingBox()).y,
			at = await where('Grace Hopper');

		await row(page, 'Grace Hopper').click();
		await check(
			'a touch ticks',
			async () => (await pressed(page, 'Grace Hopper')) && /^2 came, of 5/.test(await came(page)),
		);
		await check('the row stays where it is', (await where('Grace Hopper')) === at);
		await page.getByRole('button', { name: 'Undo' }).click();
		await check('Undo takes it back', async () => !(await pressed(page, 'Grace Hopper')));
		await row(page, 'Grace Hopper').click();
		await until(() => pressed(page, 'Grace Hopper'));

		const context = await page.context().browser().newContext({ baseURL: site.url }),
			other = await context.newPage();
		await log_in(other, 'admin', `#/checkin/${id}`);
		await row(page, 'Ada Lovelace').evaluate((button) => {
			// a finger that is on its way while the row changes
			new MutationObserver((_, watch) => {
				if (button.getAttribute('aria-pressed') === 'true') {
					watch.disconnect();
					button.click();
				}
			}).observe(button, { attributes: true });
		});
		await row(other, 'Ada Lovelace').click();
		await check('another host’s tick is here at once', () => pressed(page, 'Ada Lovelace'));
		await check(
			'a finger already on its way does not take it back',
			async () => (await pressed(page, 'Ada Lovelace')) && /just now, by admin/.test(await said(page)),
		);
		await row(page, 'Alan Turing').click();
		await check('and they see this one’s', () => pressed(other, 'Alan Turing'));
		await context.close();
		const what = await moved();
		await check('nothing moved all the while', !what, what);
		await check('it is full', async () => /Full: 4 may be in/.test(await came(page)));
		await axe('a full list');
		await shot('checkin-list');

		await page.getByRole('searchbox').fill('Zara');
		await page.getByRole('button', { name: '“Zara” walks in' }).click();
		if (phone) await axe('a walk-in');
		await page.getByRole('dialog').getByRole('button', { name: 'Let in' }).click();
		await check('a walk-in beyond it is asked about', page.getByRole('dialog').getByText('4 may be in, and are'));
		if (phone) await axe('full');
		await shot('checkin-full');
		await page.getByRole('button', { name: 'Let in all the same' }).click();
		await check(
			'and let in all the same',
			async () => (await pressed(page, 'Zara')) && /^5 came, of 6.*Full: 1 more than the 4/s.test(await came(page)),
		);
		await page.getByText('The list and the event').click();
		await page.getByRole('button', { name: 'Count heads' }).click();
		await page.getByLabel('Heads in the room').fill('7');
		await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
		await check('heads are counted beside the list', async () =>
			/7 heads counted.*Full: 3 more/s.test(await came(page)),
		);
		await api('POST', `/events/${id}/guests`, { name: '=1+1' });
		await until(() => row(page, '=1\\+1').isVisible());
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.getByRole('button', { name: 'Export the list' }).click(),
		]);
		const text = readFileSync(await download.path(), 'utf8');

		await check(
			'the list is exported, safe for a spreadsheet',
			/"Ned Unlimited","\d+","yes","\d{4}-\d\d-\d\d \d\d:\d\d","card"/.test(text) && text.includes(`"'=1+1","","no"`),
		);
		await page.evaluate(() => {
			globalThis.print = () => (globalThis.printed = true);
		});
		await page.getByRole('button', { name: 'Print' }).click();
		await check('the list is printed', () => page.evaluate(() => globalThis.printed));
		await page.emulateMedia({ media: 'print' });
		await check('with names and who came', async () =>
			Promise.all(['Grace Hopper', 'Zara', '=1\\+1'].map((name) => row(page, name).waitFor())).then(async () =>
				/^5 came, of 7/.test(await came(page)),
			),
		);
		await check(
			'and nothing that only a screen has',
			async () =>
				(await page.locator('.top:visible, .tabs:visible, .finder:visible, .acts:visible, .slot:visible').count()) ===
				0,
		);
		await page.emulateMedia({ media: 'screen' });
		await fits('the list with everything');
		await page.evaluate(() => scrollTo(0, 9999));
		await check('how many came stays in sight', async () => (await page.locator('.tally').boundingBox()).y >= 0);
		await api('DELETE', `/events/${id}`);
	},
);

journey('a tap is a tick within a second', async ({ page, login, check, api, tap, size }) => {
	const { unlimited, host } = site.people,
		people = [unlimited, host];
	// back is a check-in point: who taps there has come, at once
	const id = await party(
		api,
		`Point ${size}`,
		people.map(({ member }) => ({ member })),
		{ door: 'back' },
	);

	await login('host', `#/checkin/${id}`);
	await page.locator('.live-mark.live').waitFor();
	await page.evaluate(() => {
		globalThis.ticked = {};
		new MutationObserver((changes) =>
			changes.forEach(({ target }) => {
				if (target.getAttribute('aria-pressed') === 'true')
					globalThis.ticked[target.querySelector('.name').textContent] ??= Date.now();
			}),
		).observe(document.querySelector('.guests'), { subtree: true, attributeFilter: ['aria-pressed'] });
	});
	await tap('unlimited', 'back');
	await tap('host', 'back');
	for (const { name } of people) await check(`${name} is ticked off`, () => pressed(page, name));
	const at = await page.evaluate(() => globalThis.ticked),
		taps = (await api('GET', '/log?door=back&kind=tap&limit=2')).body.items;
	const ms = taps.map((entry) => at[entry.member.name] - Date.parse(entry.time));

	console.log(`# from a door's decision to the tick on the list: ${ms.join(', ')} ms`);
	await check('each within a second', ms.length === 2 && ms.every((one) => one < 1000 * site.slow * 3));
	await api('DELETE', `/events/${id}`);
});

journey(
	'a change leaves what the form cannot say',
	async ({ page, login, check, until, api, size }) => {
		const long = await party(api, `Three days ${size}`, [], { ends: utc(60), doors_from: utc(1), doors_until: utc(2) }),
			undated = await party(api, `Some day ${size}`, [], { starts: null, ends: null, door: null });
		const times = async (id) => {
			const { starts, ends, doors_from, doors_until } = (await api('GET', `/events/${id}`)).body;
			return JSON.stringify([starts, ends, doors_from, doors_until]);
		};

		for (const id of [long, undated]) {
			const before = await times(id);

			await login('host', `#/checkin/${id}`);
			await page.getByRole('button', { name: 'Change the event' }).click();
			await page.getByRole('dialog').getByLabel(/^Room/).fill('Attic');
			await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
			await check(`${id} has its room`, () =>
				until(async () => (await api('GET', `/events/${id}`)).body.room === 'Attic'),
			);
			await check('and its times as they were', async () => (await times(id)) === before);
			await page.getByRole('button', { name: 'Lock' }).click();
			await page.getByLabel('Password', { exact: true }).waitFor();
			await api('DELETE', `/events/${id}`);
		}
	},
	{ sizes: ['desktop'] },
);

journey(
	'with the keyboard alone, and without the network',
	async ({ page, login, check, until, api, size, expect_failures, shot }) => {
		const id = await party(api, `Quiz ${size}`, ['Anna Berg', 'Ännchen Tharau', 'Bernd Brot'], { capacity: 50 });

		await login('host', `#/checkin/${id}`);
		await page.getByRole('searchbox').focus();
		await page.keyboard.type('ann');
		await page.keyboard.press('Enter');
		await check(
			'Enter ticks nobody while several fit',
			async () => /Several fit/.test(await said(page)) && !(await pressed(page, 'Anna Berg')),
		);
		await page.keyboard.type('annchen');
		await check('letters are found without their dots', async () => (await page.locator('.guest').count()) === 1);
		await page.keyboard.press('Enter');
		await check('Enter ticks the only one', () => pressed(page, 'Ännchen'));
		await page.keyboard.type('bernd');
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Space');
		await check('the arrow goes to the list, Space ticks', () => pressed(page, 'Bernd'));
		await check('and the focus stays on the row', () =>
			page.evaluate(() => document.activeElement.textContent.includes('Bernd')),
		);
		await page.getByRole('searchbox').focus();
		await page.keyboard.type('Yusuf');
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await page.keyboard.type('Yusuf');
		await page.keyboard.press('Enter');
		await check('a walk-in', () => pressed(page, 'Yusuf'));

		expect_failures(/net::|ERR_/);
		await page.context().setOffline(true);
		await row(page, 'Anna Berg').click();
		await check(
			'what was not taken says so, at the row and above',
			async () =>
				/not taken/.test(await row(page, 'Anna Berg').innerText()) &&
				/Anna Berg.?: not taken/.test(await said(page)) &&
				!(await pressed(page, 'Anna Berg')),
		);
		await shot('checkin-offline');
		await page.context().setOffline(false);
		await row(page, 'Anna Berg').click();
		await check('tapped again, it is taken', () => pressed(page, 'Anna Berg'));
		await api('DELETE', `/events/${id}`);
	},
);
