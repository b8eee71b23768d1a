// SPDX-License-Identifier: Apache-2.0
// Undo brings back exactly what was, wherever the page offers it; what has no way back says so before it is done.
import { YEAR, journey, site } from './browser.mjs';
import { button, said, undo } from './cardlib.mjs';
import { utc } from './entrance.mjs';

const dialog = (page) => page.getByRole('dialog');
/** What a thing is, without what each change changes. */
const same = (one) => {
	const { id, version, revision, doors_confirmed: confirmed, ...rest } = one;

	return JSON.stringify(rest);
};

/** before() is what was; does it, sees that it differs, takes it back, sees that it is as it was. */
async function backAgain({ page, check, until }, what, now, does) {
	const before = await now();

	await does();
	await check(`${what}: done`, () => until(async () => (await now()) !== before));
	await undo(page);
	await check(
		`${what}: Undo brings back what was`,
		async () =>
			(await until(async () => (await now()) === before)) || Promise.reject(new Error(`${before}\n${await now()}`)),
	);
}

journey('members and cards', async (given) => {
	const { page, login, check, until, api, size } = given;
	const make = async (path, body) => (await api('POST', path, body)).body;
	const member = await make('/members', {
		name: `Una Undo ${size}`,
		tier: 2,
		contact: `una-${size}@example.org`,
		note: 'a note',
		valid_until: `${YEAR}-06-30`,
		release_ms: 8000,
	});
	const uid = size === 'phone' ? '04c1c2c3c4c5d0' : '04c1c2c3c4c5d1',
		card = await make('/cards', { member: member.id, uid, label: `fob ${size}` });
	const memberNow = async () => same((await api('GET', `/members/${member.id}`)).body),
		cardNow = async () => {
			const { state, label, member: whose, pending } = (await api('GET', `/cards/${card.id}`)).body;
			return JSON.stringify({ state, label, whose, pending });
		};
	const row = page.locator('.card-row', { hasText: `fob ${size}` });
	/** Among what is folded away, which a redraw folds again. */
	const press = (name) =>
		until(async () => {
			await row.evaluate((node) => node.querySelectorAll('details').forEach((one) => (one.open = true)));
			await button(row, name).click({ timeout: 1000 });
			return true;
		});

	await login('host', `#/members/${member.id}`);
	await backAgain(given, 'a member changed', memberNow, async () => {
		await button(page, 'Change').click();
		await dialog(page).getByLabel('Name').fill('Somebody Else');
		await dialog(page).getByLabel('Note').fill('');
		await dialog(page).getByLabel('Valid until').fill('');
		await dialog(page).getByLabel('Tier').selectOption({ label: 'part-time' });
		await dialog(page).getByLabel('Needs longer').selectOption('0');
		await button(dialog(page), 'Save').click();
	});
	await backAgain(given, 'a membership suspended', memberNow, () => button(page, 'Suspend').first().click());
	await backAgain(given, 'a membership closed', memberNow, async () => {
		await button(page, 'Close membership').click();
		await check(
			'a membership closed: what happens is said before',
			said(dialog(page), 'No card of theirs opens a door'),
		);
		await button(dialog(page), 'Close the membership').click();
	});
	await backAgain(given, 'a card lost', cardNow, () => press('Mark lost'));
	await backAgain(given, 'a card suspended', cardNow, () => press('Suspend'));
	await api('POST', `/cards/${card.id}/suspend`);
	await row.getByText('suspended').first().waitFor();
	await backAgain(given, 'a suspended card lost', cardNow, () => press('Mark lost'));
	await api('POST', `/cards/${card.id}/lose`);
	await row.getByText('lost').first().waitFor();
	await backAgain(given, 'a lost card found', cardNow, () => press('It was found'));
	// without a way back
	await press('Revoke');
	await check('a card revoked: for good, it says', said(dialog(page), 'it can never be made active again'));
	await button(dialog(page), 'Cancel').click();
});

journey('the entrance', async (given) => {
	const { page, login, check, until, api, size } = given;
	const post = async (path, body) => (await api('POST', path, body)).body;
	const event = await post('/events', { title: `Undone ${size}`, starts: utc(-0.5), ends: utc(2) });
	const ticked = await post(`/events/${event.id}/guests`, { name: 'Tick Ed' });
	const row = (name) => page.getByRole('button', { name: new RegExp(`^${name}`) });
	const list = async () =>
		JSON.stringify(
			(await api('GET', `/events/${event.id}/guests`)).body.items
				.map(({ name, member, card, how }) => [name, member, card, how])
				.sort(),
		);
	const slot = page.locator('.slot');
	const back = async (what, does) => {
		const before = await list();

		await does();
		await check(`${what}: done`, () => until(async () => (await list()) !== before));
		await button(slot, 'Undo').click();
		await check(
			`${what}: Undo brings back what was`,
			async () =>
				(await until(async () => (await list()) === before)) || Promise.reject(new Error(`${before}\n${await list()}`)),
		);
	};

	await post(`/events/${event.id}/guests`, { name: 'Walk Er', walk_in: true });
	await api('PUT', `/event-guests/${ticked.id}/arrival`, { came: true });
	await post(`/events/${event.id}/guests`, { name: 'Not Yet' });
	await login('host', `#/checkin/${event.id}`);
	await back('a tick', () => row('Not Yet').click());
	await back('a tick taken back', () => row('Tick Ed').click());
	await back('a walk-in', async () => {
		await button(page, 'Walk-in').click();
		await dialog(page).getByRole('combobox').fill('Wal Kin');
		await button(dialog(page), 'Let in').click();
	});
	await page.getByText('The list and the event').click();
	await button(page, 'Take people off').click();
	await back('somebody expected taken off', () => button(page, 'Take Not Yet off the list').click());
	for (const [what, name] of Object.entries({ 'somebody who came': 'Tick Ed', 'somebody who walked in': 'Walk Er' }))
		await back(`${what} taken off`, async () => {
			await button(page, `Take ${name} off the list`).click();
			await check(`${what} taken off: it is said before`, said(dialog(page), 'They came already.'));
			await button(dialog(page), 'Take off the list').click();
		});
	await button(page, 'Remove the event').click();
	await check('an event removed: for good, it says', said(dialog(page), 'go for good'));
	await button(dialog(page), 'Cancel').click();
	await api('DELETE', `/events/${event.id}`);
});

journey('rules', async (given) => {
	const { page, login, check, api, go, size } = given;
	const tier = (
		await api('POST', '/tiers', {
			name: `Undone ${size}`,
			hours: 'Mo-Fr 09:00-17:00',
			flags: ['may_open_up'],
			doors: [{ door: 'front', hours: 'Sa 10:00-12:00' }],
			allowance: { kind: 'hours', limit: 600, when_spent: 'warn' },
		})
	).body;
	const tierNow = async () => {
		const found = (await api('GET', '/tiers?limit=200')).body.items.find((one) => one.name === tier.name);

		return found ? same(found) : 'gone';
	};
	const closure = (
		await api('POST', '/exceptions', {
			kind: 'opening',
			from: `${YEAR}-12-28`,
			to: `${YEAR}-12-30`,
			times: '10:00-14:00',
			door: 'front',
			reason: `Sale ${size}`,
		})
	).body;
	const closureNow = async () => {
		const found = (await api('GET', `/exceptions?since=${YEAR}-12-28`)).body.items.find(
			(one) => one.reason === closure.reason,
		);

		return found ? same(found) : 'gone';
	};

	await login('admin', `#/hours/tier/${tier.id}`);
	await backAgain(given, 'a tier changed', tierNow, async () => {
		await page.getByLabel('front', { exact: true }).waitFor();
		await page.getByLabel('back', { exact: true }).check();
		await button(page, 'Save').click();
	});
	await go(`#/hours/tier/${tier.id}`);
	await backAgain(given, 'a tier removed', tierNow, async () => {
		await button(page, 'Remove the tier').click();
		await button(dialog(page), 'Remove the tier').click();
	});
	await go(`#/hours/calendar?month=${YEAR}-12`);
	await backAgain(given, 'an opening removed', closureNow, () => button(page, `Remove “${closure.reason}”`).click());
	await api(
		'DELETE',
		`/exceptions/${(await api('GET', `/exceptions?since=${YEAR}-12-28`)).body.items.find((one) => one.reason === closure.reason).id}`,
	);
});
