// SPDX-License-Identifier: Apache-2.0
// Cards the other ways: another comes between, the last unknown one is claimed, by keyboard alone, with a door away.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { journey } from './browser.mjs';
import { button, free, held, said, tapped, undo } from './cardlib.mjs';

journey('another card comes between', async (tools) => {
	const { page, login, check, shot, api, tap, site, phone } = tools;
	const axe = (view) => !phone && tools.axe(view);
	await free(api);
	await login('host', `#/members/${site.people.guest.member}`);
	const dialog = page.getByRole('dialog');
	await button(page, 'Issue a card').click();
	await dialog.getByLabel('At which reader?').selectOption('back');
	await button(dialog, 'Start the back reader').click();
	await said(dialog, 'Now: hold the new card').waitFor();
	await tap('phone', 'back');
	await check('why none was issued', said(dialog, 'No card was issued'));
	await axe('issue, failed');
	await shot('issue-failed');
	await button(dialog, 'Try again').click();
	await button(dialog, 'Start the back reader').click();
	await said(dialog, 'Now: hold the new card').waitFor();
	await button(dialog, 'Stop').click();
	await check('it can be stopped', said(page, 'Stopped. No card was issued.'));
	await check('and the door knows', (await tapped(tools, 'unknown', 'back')) === 'deny card_unknown');
});

journey('the last unknown card is claimed', async (tools) => {
	const { page, login, check, shot, api, site, phone } = tools;
	const axe = (view) => !phone && tools.axe(view);
	await free(api);
	await tapped(tools, 'unknown', 'front');
	await login('host', `#/members/${site.people.parttime.member}`);
	const dialog = page.getByRole('dialog');
	await button(page, 'Issue a card').click();
	await dialog.getByLabel('Label').fill('test fob 2');
	await dialog.getByText('Other ways').click();
	await axe('issue, other ways');
	await shot('issue-other');
	await button(dialog, 'Take the last unknown card').click();
	await check('where and when it was shown', said(dialog, 'Shown at'));
	await shot('issue-claimed');
	await page.keyboard.press('Escape');
	const row = page.locator('.card-row', { hasText: 'test fob 2' });
	await check('left, it waits on the page', said(row, 'to confirm'));
	await button(row, 'Confirm').click();
	await check('and is confirmed there', said(row, 'active'));
	await free(api);
});

journey('a card that was just refused is given to somebody', async (tools) => {
	const { page, login, check, fits, shot, api, until, site, phone, go, tap } = tools;
	const axe = (view) => !phone && tools.axe(view),
		dialog = page.getByRole('dialog'),
		give = { name: 'Give it to a member' };
	await free(api);
	await login('host', '#/now');
	await page.locator('.live-mark.live').waitFor();
	await tap('unknown', 'front');
	await check('it needs somebody', said(page, 'A card that nobody knows was shown at front'));
	const row = page.locator('.tap').filter({ has: page.getByRole('button', give) });
	await row.first().waitFor();
	await axe('a card to give');
	await fits('a card to give');
	await shot('now-unknown');
	await row.first().getByRole('button', give).click();
	await button(dialog, 'Go on').click();
	await check('without a member it is said what is missing', said(dialog, 'Choose a member first.'));
	await page.getByRole('combobox', { name: 'Who is it for?' }).fill('pat');
	await page.getByRole('option', { name: /Pat Parttime/ }).click();
	await dialog.getByLabel('Label').fill('test fob 5');
	await axe('give');
	await shot('give');
	await button(dialog, 'Go on').click();
	await check('it is the one of that door', said(dialog, 'Shown at front at'));
	await button(dialog, 'Yes, activate it').click();
	await said(dialog, 'The card is active.').waitFor();
	await button(dialog, 'Done').click();
	await check('it is theirs', () =>
		until(async () =>
			(await api('GET', `/cards?member=${site.people.parttime.member}`)).body.items.some(
				(one) => one.label === 'test fob 5' && one.state === 'active',
			),
		),
	);
	await check('and no longer unknown', async () => (await tapped(tools, 'unknown', 'back')) !== 'deny card_unknown');
	await free(api);
	await tapped(tools, 'unknown', 'front');
	await go('#/log');
	await check('in the log, too', () =>
		page
			.locator('tbody tr')
			.getByRole('button', give)
			.first()
			.waitFor()
			.then(() => true),
	);
	await check('where a door is a cell whatever was looked at before', () =>
		page
			.locator('td.door')
			.first()
			.evaluate((one, small) => getComputedStyle(one).display === (small ? 'none' : 'table-cell'), phone),
	);
	await axe('the log with one');
	await shot('log-give');
	await page.locator('button.when').first().click();
	await button(dialog, 'Give it to a member').click();
	await check('and from an entry', said(dialog, 'Who is it for?'));
	await page.keyboard.press('Escape');
	await check('it ends there', () => until(async () => (await dialog.count()) === 0));
});

journey('a card is replaced', async (tools) => {
	const { page, login, check, shot, api, site, phone } = tools;
	const axe = (view) => !phone && tools.axe(view),
		{ member, card } = phone ? site.people.unlimited : site.people.parttime;
	await free(api);
	await login('host', `#/members/${member}`);
	const dialog = page.getByRole('dialog'),
		row = page.locator(`.card-row[data-card="${card}"]`);
	await row.locator('summary').click();
	await button(row, 'Replace').click();
	await check(
		'what becomes of the old one is said',
		said(dialog, 'is revoked for good as soon as the new one is taken'),
	);
	await axe('replace');
	await shot('card-replace');
	await tapped(tools, 'unknown', 'back');
	await dialog.getByLabel('Label').fill('test fob 4');
	await button(dialog, 'Take the new card').click();
	await page.locator('.card-row[data-state=revoked] .confirming[data-ms]').waitFor();
	await check('the old one is revoked', said(row, 'revoked'));
	const fresh = page.locator('.card-row', { hasText: 'test fob 4' });
	await check('the new one waits for its host', said(fresh, 'to confirm'));
	await button(fresh, 'Confirm').click();
	await fresh.locator('.confirming[data-ms]').waitFor();
	await check('and is theirs', !/card_/.test(await tapped(tools, 'unknown', 'front'))); // it may be outside their hours
	await shot('card-replaced');
	await free(api);
});

journey('issue and revoke by keyboard alone', async (tools) => {
	const { page, login, check, api, tap, until } = tools;
	const key = (name) => page.keyboard.press(name);
	const focused = () =>
		page.evaluate(
			() =>
				document.activeElement.textContent.trim() ||
				document.activeElement.getAttribute('aria-label') ||
				document.activeElement.tagName,
		);
	const tabTo = async (text) => {
		for (let i = 0; i < 60; i++) {
			if ((await focused()).startsWith(text)) return true;
			await key('Tab');
		}
		throw new Error(`Tab does not reach ${text}`);
	};
	await free(api);
	await login('host', '#/members');
	await page.locator('tbody tr').first().waitFor();
	const typing = () => page.evaluate(() => document.activeElement.type === 'search');
	for (let i = 0; i < 30 && !(await typing()); i++) await key('Tab');
	await check('one can type at once, or after Tab', typing);
	await page.keyboard.type('ned');
	await until(async () => (await page.locator('tbody tr').count()) === 1);
	await key('Enter');
	await page.getByRole('heading', { name: 'Ned Unlimited', level: 1 }).waitFor();
	await page.locator('.view[data-ready="1"]').waitFor();
	await check('the heading has the focus', async () => (await focused()) === 'Ned Unlimited');
	await tabTo('Issue a card');
	await key('Enter');
	await check('the dialog begins where it goes on', async () => (await focused()).startsWith('Start the '));
	await key('Shift+Tab');
	await key('Shift+Tab');
	await page.keyboard.type('test fob 3');
	await key('Tab');
	await page.keyboard.type('front');
	await key('Tab');
	await key('Enter');
	const dialog = page.getByRole('dialog');
	await said(dialog, 'Now: hold the new card to the front reader.').waitFor();
	await held(tools, 'unknown', 'front');
	await said(dialog, 'Read once.').waitFor();
	await tap('unknown', 'front');
	await said(dialog, 'Read twice at front.').waitFor();
	await check('the question has the focus', async () => (await focused()).startsWith('Yes, activate'));
	await key('Enter');
	await said(dialog, 'The card is active.').waitFor();
	await check('as has what ends it', async () => (await focused()) === 'Done');
	await key('Enter');
	await check('back where it began', async () => (await focused()) === 'Issue a card');
	await check('the card opens', (await tapped(tools, 'unknown', 'back')).startsWith('grant'));
	await tabTo('More test fob 3');
	await key('Enter');
	await tabTo('Revoke');
	await key('Enter');
	await said(dialog, 'Every door refuses it from now on').waitFor();
	await check('the warning has the focus on a button', async () => /Revoke for good|Cancel/.test(await focused()));
	await tabTo('Revoke for good');
	await key('Enter');
	await page.locator('.card-row[data-state=revoked] .confirming[data-ms]').waitFor();
	await check('revoked, it is refused', (await tapped(tools, 'unknown', 'back')) === 'deny card_revoked');
	await check('the focus is still on the page', async () => (await focused()) !== 'BODY');
	await free(api);
});

journey(
	'a door is away',
	async (tools) => {
		const { page, login, check, api, site, until, shot, axe, expect_failures } = tools;
		const {
			body: { items },
		} = await api('GET', `/cards?member=${site.people.guest.member}`);
		await login('host', `#/members/${site.people.guest.member}`);
		await promisify(execFile)('pkill', ['-TERM', '-f', `tapin-door.*${site.work}/back/`]);
		await check('it is seen to be away', async () => !(await api('GET', '/doors/back')).body.online);
		const row = page.locator(`.card-row[data-card="${items[0].id}"]`);
		await button(row, 'Mark lost').click();
		await check(
			'who does not know yet is named, and what that means',
			said(row, /back is offline since \d\d:\d\d: there it still opens/),
		);
		await check('the other confirms', said(row, 'front refuses it now'));
		await axe('lost, a door away');
		await shot('card-lost-away');
		await undo(page);
		await button(page, 'Issue a card').click();
		const dialog = page.getByRole('dialog');
		await check('its reader is not offered', said(dialog, 'back is offline and cannot read a card now.'));
		await check('the other is', button(dialog, 'Start the front reader'));
		await shot('issue-away');
		// two that nobody knows: none is guessed
		await tapped(tools, 'unknown', 'front');
		await tapped(tools, 'tenbyte', 'front');
		expect_failures(/^POST \/api\/v1\/cards 409/);
		await dialog.getByText('Other ways').click();
		await button(dialog, 'Take the last unknown card').click();
		await check('two unknown cards are not guessed between', said(dialog, 'two different unknown cards were shown'));
		await check('and that is seen', () =>
			dialog
				.getByText('two different unknown cards were shown')
				.evaluate((one) => one.getBoundingClientRect().bottom <= innerHeight),
		);
		await shot('issue-two');
	},
	{ sizes: ['phone'] },
); // the last: the door stays away
