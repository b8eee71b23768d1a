// SPDX-License-Identifier: Apache-2.0
// Beside the entrance: guests of members and lent cards, who is in by a host's word, allowances, an auditor.
import { ahead, journey, site } from './browser.mjs';
import { party, pressed, row, said, utc } from './entrance.mjs';

journey(
	'a guest on a spare card, and a lent one',
	async ({ page, phone, login, check, until, api, axe, shot, fits, size, enter }) => {
		const { unlimited } = site.people;
		let spare = (await api('GET', '/cards?state=unassigned')).body.items[0];

		if (!spare) {
			const made = await api('POST', '/cards', { member: unlimited.member, uid: '04b1448c075f80', label: 'Guest 1' });
			spare = (await api('POST', `/cards/${made.body.id}/return`, { why: 'for guests' })).body;
		}
		await login('host', '#/checkin');
		await page.getByRole('button', { name: 'New guest' }).click();
		const dialog = page.getByRole('dialog');

		await dialog.getByLabel('Guest’s name').fill(`Otto ${size}`);
		await dialog.getByRole('button', { name: 'Let them in' }).click();
		await check('without a sponsor it says what is missing', dialog.getByText('Choose the member.'));
		await dialog.getByRole('combobox', { name: 'Guest of' }).fill('Ned');
		await dialog.getByRole('option', { name: /Ned Unlimited/ }).click();
		await check('how many guests the sponsor has is said', dialog.getByText(/Ned Unlimited.? has 0 of \d guests/));
		await dialog.getByLabel('Until day').fill(ahead(28));
		await dialog.getByLabel('Until time').fill('23:00');
		if (phone) await axe('a guest');
		await shot('checkin-guest');
		await dialog.getByRole('button', { name: 'Let them in' }).click();
		await check('the guest is there, with who answers for them', page.getByText(`Otto ${size}`).first());
		await check('not here yet', page.getByText('not here yet'));
		// the door may not know it yet
		await until(async () => {
			await enter('unknown', 'front');
			return (await api('GET', '/log?limit=5')).body.items.some((entry) => entry.sponsor === unlimited.member);
		});
		await check('their tap is seen', page.getByText(/came \d\d:\d\d/).first());
		await check('and logged as a guest of the member', async () =>
			(await api('GET', `/log?limit=5`)).body.items.some((entry) => entry.sponsor === unlimited.member),
		);
		await axe('guests');
		await fits('guests');
		await shot('checkin-guests');
		await page.getByRole('button', { name: `End pass Otto ${size}` }).click();
		if (phone) await axe('ending a pass');
		await dialog.getByRole('button', { name: 'End pass' }).click();
		await check(
			'the card is back in the drawer',
			async () => (await api('GET', `/cards/${spare.id}`)).body.state === 'unassigned',
		);
		await page.getByRole('button', { name: 'Lend a card' }).click();
		await dialog.getByRole('combobox', { name: 'Whose card is at home?' }).fill('Ned');
		await dialog.getByRole('option', { name: /Ned Unlimited/ }).click();
		await dialog.getByRole('button', { name: 'Lend it' }).click();
		await check(
			'a card is lent for the day',
			async () => (await api('GET', `/cards/${spare.id}`)).body.member === unlimited.member,
		);
		await page.getByRole('button', { name: 'Undo' }).click();
		await check(
			'and given back by Undo',
			async () => (await api('GET', `/cards/${spare.id}`)).body.state === 'unassigned',
		);
	},
);

journey('who is in, by a host’s word', async ({ page, phone, login, check, until, axe, shot, fits, api }) => {
	const { unlimited } = site.people;
	const inside = async () => (await api('GET', '/presence')).body.people.some((one) => one.member === unlimited.member);

	if (await inside()) await api('POST', '/presence', { member: unlimited.member, inside: false, why: 'test' });
	await login('host', '#/checkin/inside');
	await page.getByRole('button', { name: 'Somebody came' }).click();
	const dialog = page.getByRole('dialog');

	await dialog.getByRole('combobox', { name: 'Member' }).fill('Ned');
	await dialog.getByRole('option', { name: /Ned Unlimited/ }).click();
	if (phone) await axe('somebody came');
	await dialog.getByRole('button', { name: 'They are in' }).click();
	await check(
		'they are in',
		async () => (await inside()) && (await page.getByRole('link', { name: 'Ned Unlimited' }).isVisible()),
	);
	await axe('who is in');
	await fits('who is in');
	await shot('checkin-inside');
	await page.getByRole('button', { name: 'Left Ned Unlimited' }).click();
	await check('they left', async () => !(await inside()));
	const left = page.locator('.toast', { hasText: 'left' }); // not that of coming, which may still be there

	await left.getByRole('button', { name: 'Undo' }).click();
	await check('they are in again after Undo', inside);
	await api('POST', '/presence', { member: unlimited.member, inside: false, why: 'test' });
});

journey('an allowance, day by day', async ({ page, phone, login, check, until, api, axe, shot, fits, enter }) => {
	const { unlimited } = site.people,
		tier = (await api('GET', `/members/${unlimited.member}`)).body.tier;

	await api('PATCH', `/tiers/${tier}`, { allowance: { kind: 'days', limit: 2 } });
	await until(async () => {
		// the door hears of the limit meanwhile
		await enter('unlimited', 'back');
		return (await api('GET', `/members/${unlimited.member}/allowance`)).body.units.length > 0;
	});
	await login('host', '#/checkin');
	await page.getByRole('combobox', { name: 'Whose?' }).fill('Ned');
	await page.getByRole('option', { name: /Ned Unlimited/ }).click();
	await check('what was used, in a sentence', page.getByText(/^\d days? of \d days? used/));
	await check(
		'why it counted',
		page.getByText(/Counts: the first of that day|Forgiven|counted already|it was for an event/).first(),
	);
	await axe('an allowance');
	await fits('an allowance');
	await shot('checkin-allowance');
	if (await page.getByRole('button', { name: /^Forgive/ }).count()) {
		await page
			.getByRole('button', { name: /^Forgive/ })
			.first()
			.click();
		await page.getByRole('dialog').getByLabel('Why').fill('the lift was stuck');
		if (phone) await axe('forgiving');
		await page.getByRole('dialog').getByRole('button', { name: 'Forgive' }).click();
		await check(
			'it is forgiven, by whom and why',
			async () =>
				(await page.getByText('Forgiven by a host').isVisible()) &&
				(await page.getByText('the lift was stuck').isVisible()),
		);
	}
	const { extra } = (await api('GET', `/members/${unlimited.member}/allowance`)).body;

	await page.getByRole('button', { name: 'Give more' }).click();
	await page.getByRole('dialog').getByLabel('How many days').fill('3');
	await page.getByRole('dialog').getByLabel('Why').fill('gave a talk');
	await page.getByRole('dialog').getByRole('button', { name: 'Give more' }).click();
	await check('more is given', page.getByText(`Hosts gave ${extra + 3} days of it`));
	await page.getByRole('button', { name: 'Undo' }).last().click();
	await check(
		'and taken back',
		async () => (await api('GET', `/members/${unlimited.member}/allowance`)).body.extra === extra,
	);
	await api('PATCH', `/tiers/${tier}`, { allowance: null });
});

journey('an auditor sees, and does not act', async ({ page, phone, login, check, until, api, axe, shot, size }) => {
	const id = await party(api, `Talk ${size}`, ['Grace Hopper'], { starts: utc(-30), ends: utc(-28), headcount: 12 });

	await login('auditor', '#/checkin');
	await check(
		'no event to be made, no guest',
		(await page.getByRole('button', { name: 'New event' }).count()) === 0 &&
			(await page.getByRole('button', { name: 'New guest' }).count()) === 0,
	);
	await page.getByText('Earlier events').click();
	await check('what was has its final numbers', async () =>
		/0 came, 1 on the list.*12 heads counted/.test(
			await page
				.getByRole('link', { name: new RegExp(`Talk ${size}`) })
				.innerText()
				.then((text) => text.replace(/\s+/g, ' ')),
		),
	);
	if (phone) await axe('check-in, auditor');
	await page.getByRole('link', { name: new RegExp(`Talk ${size}`) }).click();
	await row(page, 'Grace Hopper').click();
	await check(
		'a tick is not theirs, and it says so',
		async () => /hosts tick/.test(await said(page)) && !(await pressed(page, 'Grace Hopper')),
	);
	await check(
		'no walk-in, no change',
		(await page.getByRole('button', { name: 'Walk-in' }).count()) === 0 &&
			(await page.getByText('The list and the event').count()) === 0,
	);
	if (phone) await axe('a list, auditor');
	await shot('checkin-auditor');
	await api('DELETE', `/events/${id}`);
});
