// SPDX-License-Identifier: Apache-2.0
// What a host does at the front desk: open, hold open, let in who forgot the card, lock everything down.
import { journey, site } from './browser.mjs';
import { door, quiet, ready } from './desk.mjs';

const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const dialog = (page) => page.getByRole('dialog');

journey('a door is opened', async ({ page, login, check, strike, until, shot }) => {
	const still = await quiet(page);

	await login('host', '#/now');
	await ready(page);
	// each lasts as long as the release
	await Promise.all([
		check('its strike lets go', async () => (await strike('front')) === 'on'),
		check('the door says so', door(page, 'front').getByText('Released')),
		check('with a countdown', door(page, 'front').getByText(/^[1-5] s$/)),
		press(page, 'Open: front'),
	]);
	await check('and who it was', door(page, 'front').getByText(/Opened by you, \d\d:\d\d\./));
	await check('it is among the entries', page.locator('.tap[data-kind=command]').filter({ hasText: 'maya' }).first());
	await shot('now-open');
	await check(
		'five seconds later it is locked',
		async () => (await strike('front')) === 'off' && door(page, 'front').getByText('Shut and locked.').isVisible(),
	);
	await check('nothing moved', (await still()) === 0, await still(true));
});

journey('a door is held open, and no longer', async ({ page, login, check, strike, until, axe, fits, shot }) => {
	await login('host', '#/now');
	await ready(page);
	await press(page, 'Hold open…: back');
	await dialog(page).getByLabel('For').selectOption('15');
	await check('it says until when', dialog(page).getByText(/back stands open until \d\d:\d\d/));
	await axe('hold open');
	await fits('hold open');
	await press(page, 'Hold open');
	await check('it stands open', async () => (await strike('back')) === 'on');
	await check('and says until when', door(page, 'back').getByText(/Open for an event, until \d\d:\d\d/));
	await check('with a countdown', door(page, 'back').getByText(/^1[45]:\d\d$/));
	await shot('now-held');
	await press(page, 'End: back');
	await check('it is locked again', async () => (await strike('back')) === 'off');
	const undo = page
		.locator('.toast')
		.filter({ hasText: 'The hold of back has ended' })
		.getByRole('button', { name: 'Undo' });
	await check('there is a way back', undo);
	await undo.click();
	await check('which holds it open again', async () => (await strike('back')) === 'on');
	await press(page, 'End: back');
	await check('and that ends, too', async () => (await strike('back')) === 'off');
});

journey('who forgot the card', async ({ page, login, check, api, tap, strike, until, axe, fits, shot, phone }) => {
	const card = (
		await api('POST', '/cards', { member: site.people.guest.member, uid: phone ? '04aabbccddee80' : '04aabbccddee81' })
	).body.id;

	await api('POST', `/cards/${card}/return`, { why: 'a spare one' });
	await api('PATCH', `/cards/${card}`, { label: `Spare ${card}` });
	await page.addInitScript(() => localStorage.removeItem('tapin.door'));
	await tap('ended', 'front');
	await login('host', '#/now');
	await ready(page);
	await press(page, 'Let a member in');
	await check('the door where something happened last is meant', () =>
		until(async () => (await dialog(page).getByLabel('At which door?').inputValue()) === 'front'),
	);
	await page.getByRole('combobox', { name: 'Who forgot the card?' }).fill('eve');
	await page.getByRole('option', { name: /Eve Ended/ }).click();
	await check(
		'rights that do not fit are told first',
		dialog(page).getByText('Even with a card they could not come in now.'),
	);
	await check('with the reason', dialog(page).getByText('The membership has ended.'));
	await page.getByRole('combobox', { name: 'Who forgot the card?' }).fill('ned');
	await page.getByRole('option', { name: /Ned Unlimited/ }).click();
	await check('and rights that fit', dialog(page).getByText('With a card they could come in now.'));
	await dialog(page).getByLabel('At which door?').selectOption('front');
	await axe('let in');
	await fits('let in');
	await shot('now-letin');
	await press(page, 'Open front for Ned Unlimited');
	await check('the door opens', async () => (await strike('front')) === 'on');
	await check('it is said', dialog(page).getByText('front is open for Ned Unlimited'));
	await dialog(page).getByText('Lend a spare card for today').click();
	await dialog(page).getByLabel('Spare card').selectOption(String(card));
	await axe('lend a card');
	await press(page, 'Lend');
	await check('a spare card is lent', dialog(page).getByText(`Card Spare ${card} works for Ned Unlimited today`));
	await check(
		'which is theirs',
		async () => (await api('GET', `/cards/${card}`)).body.member === site.people.unlimited.member,
	);
	await press(page, 'Done');
	await check('they are in', page.locator('.person').filter({ hasText: 'Ned Unlimited' }).first());
	await check(
		'and the entry names them',
		page.locator('.tap[data-kind=command]').filter({ hasText: 'Ned Unlimited' }).first(),
	);
	await api('POST', `/cards/${card}/return`, { why: 'it came back' });
});

journey('lockdown', async ({ page, login, check, api, tap, until, axe, fits, shot }) => {
	await login('host', '#/now');
	await ready(page);
	await press(page, 'Lockdown…');
	await check('it says what happens', dialog(page).getByText('No card opens one'));
	await check('that the way out works', dialog(page).getByText('The way out works as always'));
	await check('and who still comes in', dialog(page).getByText('Only override cards'));
	await axe('lockdown?');
	await fits('lockdown?');
	await shot('now-lockdown-ask');
	await press(page, 'Lock everything down');
	for (const name of ['front', 'back'])
		await check(`${name} has locked down`, door(page, name).getByText('Lockdown', { exact: true }));
	await check('it is said how many have', () => page.getByText('2 of 2 doors have locked down').count());
	await check('the desk opens nothing', () => page.getByRole('button', { name: 'Open: front' }).isDisabled());
	await tap('unlimited', 'front');
	await check(
		'cards are refused, and why',
		page.locator('.tap').filter({ hasText: 'The building is locked down.' }).first(),
	);
	await axe('lockdown');
	await shot('now-lockdown');
	await page.locator('.toast').filter({ hasText: 'Lockdown is on' }).getByRole('button', { name: 'Undo' }).click();
	await check('undo ends it', async () => (await api('GET', '/site')).body.lockdown === false);
	await check('at the doors, too', door(page, 'front').getByText('Shut and locked.'));
	await press(page, 'Lockdown…');
	await press(page, 'Lock everything down');
	await page.locator('button.lockdown').filter({ hasText: 'End lockdown' }).click();
	await dialog(page).getByRole('button', { name: 'End lockdown' }).click();
	await check('or its own button', async () => (await api('GET', '/site')).body.lockdown === false);
	await check('and all is well', page.getByRole('heading', { name: 'All is well' }));
});
