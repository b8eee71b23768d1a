// SPDX-License-Identifier: Apache-2.0
// Two at once: who is slower is told kindly, loads it again by a button, keeps what was typed and puts nothing over the other's.
import { YEAR, ahead, journey } from './browser.mjs';
import { button, said } from './cardlib.mjs';
import { ready } from './desk.mjs';

const STALE = 'Somebody changed this meanwhile, so nothing was done.';
const note = (dialog, label) => dialog.locator('.field').filter({ has: dialog.page().getByLabel(label) });

journey('a member', async ({ page, login, check, until, api, axe, fits, shot, size, expect_failures }) => {
	const made = await api('POST', '/members', { name: `Two Hands ${size}`, tier: 2 }),
		path = `/members/${made.body.id}`;
	const dialog = page.getByRole('dialog');

	expect_failures(/^PATCH \/api\/v1\/members\/\d+ 412/);
	await login('host', `#${path}`);
	await button(page, 'Change').click();
	await dialog.getByLabel('Note').fill('mine');
	await api('PATCH', path, { note: 'theirs', contact: 'they@example.org', valid_until: '2031-12-24' });
	await button(dialog, 'Save').click();
	await check('who was slower is told', said(dialog, STALE));
	await shot('stale-member-refused');
	await button(dialog, 'Load it again').click();
	await check('what nobody typed here is theirs', () =>
		until(async () => (await dialog.getByLabel('Email or phone').inputValue()) === 'they@example.org'),
	);
	await check('and says so', said(note(dialog, 'Valid until'), 'Changed by somebody else; it was: nothing'));
	await check('what was typed stays', async () => (await dialog.getByLabel('Note').inputValue()) === 'mine');
	await check('with theirs beside it', said(note(dialog, 'Note'), 'Somebody else put here: theirs'));
	await check('and what to do', said(dialog, 'What you typed is still here'));
	await axe('loaded again');
	await fits('loaded again');
	await shot('stale-member');
	await button(dialog, 'Save').click();
	await check('saved, it has both', () =>
		until(async () => {
			const { body } = await api('GET', path);

			return body.note === 'mine' && body.contact === 'they@example.org' && body.valid_until === '2031-12-24';
		}),
	);
	// the state, by its button: the page follows by itself, so somebody else is faster by a hair
	expect_failures(/^PATCH \/api\/v1\/members\/\d+ 412/);
	await dialog.waitFor({ state: 'detached' });
	await page.route(`**/api/v1${path}`, async (route) => {
		if (route.request().method() === 'PATCH') await api('PATCH', path, { name: `Three Hands ${size}` });
		await route.continue();
	});
	await button(page, 'Suspend').click();
	await check('a button without a form says it, too', said(page.locator('.toast'), STALE));
	await shot('stale-toast');
	await page.locator('.toast').getByRole('button', { name: 'Load it again' }).click();
	await page.getByRole('heading', { name: `Three Hands ${size}`, level: 1 }).waitFor();
	await check('nothing was done', async () => (await api('GET', path)).body.state === 'active');
});

journey('the label of a card', async ({ page, login, check, until, api, site, size, expect_failures }) => {
	const { member, card } = site.people.guest,
		dialog = page.getByRole('dialog'),
		row = page.locator(`.card-row[data-card="${card}"]`);

	expect_failures(/^PATCH \/api\/v1\/cards\/\d+ 412/);
	await login('host', `#/members/${member}`);
	await row.locator('summary').click();
	await button(row, 'Change label').click();
	await dialog.getByLabel('Label').fill(`green fob ${size}`);
	await api('PATCH', `/cards/${card}`, { label: 'red fob' });
	await button(dialog, 'Save').click();
	await said(dialog, STALE).waitFor();
	await button(dialog, 'Load it again').click();
	await check('theirs is said', said(dialog, 'Somebody else put here: red fob'));
	await button(dialog, 'Save').click();
	await check('mine goes over it only now', () =>
		until(async () => (await api('GET', `/cards/${card}`)).body.label === `green fob ${size}`),
	);
});

journey('a tier', async ({ page, login, check, until, api, axe, shot, size, expect_failures }) => {
	const made = await api('POST', '/tiers', { name: `Two ${size}`, hours: 'Mo-Fr 09:00-17:00' }),
		path = `/tiers/${made.body.id}`;

	expect_failures(/^PATCH \/api\/v1\/tiers\/\d+ 412/);
	await login('admin', `#/hours/tier/${made.body.id}`);
	await page.getByLabel('Name of the tier').fill(`Mine ${size}`);
	await until(async () => (await page.locator('.week-plot .open').count()) === 5);
	await api('PATCH', path, { hours: 'Mo-Fr 10:00-18:00; Sa 10:00-12:00' });
	await button(page, 'Save').click();
	await said(page, STALE).waitFor();
	await button(page, 'Load it again').click();
	await check('the hours are theirs', () =>
		until(
			async () =>
				(await page.getByRole('textbox', { name: 'Hours', exact: true }).inputValue()) ===
				'Mo-Fr 10:00-18:00; Sa 10:00-12:00',
		),
	);
	await check('and drawn', () => until(async () => (await page.locator('.week-plot .open').count()) === 6));
	await check('what they were is said', said(page, 'it was: Mo-Fr 09:00-17:00'));
	await axe('the editor, loaded again');
	await shot('stale-tier');
	await button(page, 'Save').click();
	await check('saved, it has both', () =>
		until(async () => {
			const { body } = await api('GET', path);

			return body.name === `Mine ${size}` && body.hours === 'Mo-Fr 10:00-18:00; Sa 10:00-12:00';
		}),
	);
	// the way back does not go over somebody else either
	await api('PATCH', path, { hours: '24/7' });
	await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
	await check('Undo is refused then', said(page.locator('.toast'), STALE));
	await check('and nothing lost', async () => (await api('GET', path)).body.hours === '24/7');
	await api('DELETE', path);
});

journey('the calendar and an event', async ({ page, login, check, until, api, size, expect_failures }) => {
	const dialog = page.getByRole('dialog');
	const closed = (
		await api('POST', '/exceptions', {
			kind: 'closure',
			from: `${YEAR}-12-29`,
			to: `${YEAR}-12-29`,
			reason: `Paint ${size}`,
		})
	).body;

	expect_failures(/^PATCH \/api\/v1\/(exceptions|events)\/\d+ 412/);
	await login('admin', `#/hours/calendar?month=${YEAR}-12`);
	await page
		.getByRole('listitem')
		.filter({ hasText: `Paint ${size}` })
		.getByRole('button', { name: 'Change' })
		.click();
	await dialog.getByLabel('Why').fill(`Wet paint ${size}`);
	await api('PATCH', `/exceptions/${closed.id}`, { to: `${YEAR}-12-30` });
	await button(dialog, 'Save').click();
	await said(dialog, STALE).waitFor();
	await button(dialog, 'Load it again').click();
	await check('the other’s last day is taken', () =>
		until(async () => (await dialog.getByLabel('Last day').inputValue()) === `${YEAR}-12-30`),
	);
	await button(dialog, 'Save').click();
	await check('the closure has both', () =>
		until(async () => {
			const { body } = await api('GET', `/exceptions/${closed.id}`);

			return body.reason === `Wet paint ${size}` && body.to === `${YEAR}-12-30`;
		}),
	);
	await api('DELETE', `/exceptions/${closed.id}`);

	const event = (
		await api('POST', '/events', {
			title: `Talk ${size}`,
			starts: `${ahead(20)}T18:00:00Z`,
			ends: `${ahead(20)}T20:00:00Z`,
		})
	).body;
	await page.evaluate((to) => (location.hash = to), `#/checkin/${event.id}`);
	await page.getByRole('heading', { name: `Talk ${size}`, level: 1 }).waitFor();
	await page.locator('details.acts').evaluate((one) => (one.open = true));
	await button(page, 'Change the event').click();
	await dialog.getByLabel('Title').fill(`Talks ${size}`);
	await api('PATCH', `/events/${event.id}`, { room: 'Attic' });
	await button(dialog, 'Save').click();
	await said(dialog, STALE).waitFor();
	await button(dialog, 'Load it again').click();
	await check('the other’s room is taken', () =>
		until(async () => (await dialog.getByLabel('Room').inputValue()) === 'Attic'),
	);
	await button(dialog, 'Save').click();
	await check('the event has both', () =>
		until(async () => {
			const { body } = await api('GET', `/events/${event.id}`);

			return body.title === `Talks ${size}` && body.room === 'Attic';
		}),
	);
	await api('DELETE', `/events/${event.id}`);
});

journey('a door', async ({ page, login, check, until, api, strike, expect_failures }) => {
	const dialog = page.getByRole('dialog');

	expect_failures(/^PUT \/api\/v1\/doors\/back\/state 412/);
	await login('host', '#/now');
	await ready(page);
	await button(page, 'Hold open…: back').click();
	// after the press, or the page may hear of it before
	await page.route(
		'**/api/v1/doors/back/state',
		async (route) => {
			await api('PUT', '/doors/back/state', { mode: 'unlocked' });
			await api('PUT', '/doors/back/state', { mode: 'controlled' });
			await route.continue();
		},
		{ times: 1 },
	);
	await button(dialog, 'Hold open').click();
	await said(dialog, STALE).waitFor();
	await button(dialog, 'Load it again').click();
	await check('what is so now is said', said(dialog, 'nothing of what stands here was changed'));
	await button(dialog, 'Hold open').click();
	await check('then it is held', () => until(async () => (await strike('back')) === 'on'));
	await button(page, 'End: back').click();
	await check('and ended', () => until(async () => (await strike('back')) === 'off'));
});
