// SPDX-License-Identifier: Apache-2.0
// Cards: issued by tapping, lost with one click, claimed, revoked; and by keyboard alone.
import { journey } from './browser.mjs';

const said = (scope, text) => scope.getByText(text).first().waitFor().then(() => true);
const button = (scope, name) => scope.getByRole('button', { name, exact: true });
const undo = (page) => page.locator('.toast').last().getByRole('button', { name: 'Undo' }).click();

/** What the newest tap at a door came to, once there is one after `above`. */
async function verdict(api, until, door, above) {
	const found = await until(async () => {
		const { body } = await api('GET', `/log?door=${door}&kind=tap&limit=1`);

		return body.items[0]?.id > above && body.items[0];
	});

	return found ? `${found.verdict} ${found.reason ?? ''}`.trim() : 'no tap';
}
const above = async (api) => (await api('GET', '/log?limit=1')).body.above;

/** Taps and says what became of it. */
async function tapped({ api, tap, until }, card, door) {
	const from = await above(api);

	await tap(card, door);
	return verdict(api, until, door, from);
}

/** Holds it there, and takes it away for long enough to count as away. */
async function held({ tap, site }, card, door) {
	await tap(card, door);
	await new Promise((done) => setTimeout(done, 600 * site.slow));
}

/** The unknown card is nobody's again, for the next. */
async function free(api) {
	for (const card of (await api('GET', '/cards?limit=200')).body.items.filter((one) => one.label.startsWith('test fob') && one.member))
		await api('POST', `/cards/${card.id}/return`);
}

journey('a card is issued by tapping, lost and found', async (tools) => {
	const { page, login, check, axe, fits, shot, until, api, tap, site, phone } = tools;
	await free(api);
	await login('host', `#/members/${site.people.unlimited.member}`);
	const dialog = page.getByRole('dialog');
	await button(page, 'Issue a card').click();
	await check('the way is said', said(dialog, 'It is held to a door’s reader, twice'));
	await dialog.getByLabel('Label').fill('test fob 1');
	await axe('issue');
	await fits('issue');
	await shot('issue');
	await dialog.getByLabel('At which reader?').selectOption('front');
	await button(dialog, 'Tap it on the front reader now').click();
	await check('it counts down', until(async () => /^0:5\d$/.test(await dialog.locator('.countdown').innerText())));
	await check('and says what to do', said(dialog, 'Now: hold the new card to the front reader.'));
	await axe('issue, waiting');
	await shot('issue-waiting');
	await held(tools, 'unknown', 'front');
	await check('read once', said(dialog, 'Read once. Take it away'));
	await shot('issue-once');
	await tap('unknown', 'front');
	await check('read twice', said(dialog, 'Read twice at front.'));
	await check('and what to check before it is confirmed', said(dialog, 'It opens nothing yet.'));
	await axe('issue, confirm');
	await shot('issue-confirm');
	await check('it opens nothing yet', async () => (await tapped(tools, 'unknown', 'back')).startsWith('deny'));
	await button(dialog, 'Yes, activate it').click();
	await check('it is active', said(dialog, 'The card is active.'));
	await dialog.locator('.confirming[data-ms]').waitFor();
	await shot('issue-active');
	await axe('issue, active');
	await button(dialog, 'Done').click();
	const row = page.locator('.card-row', { hasText: 'test fob 1' });
	await check('it stands on the page', row.waitFor().then(() => true));
	for (const door of ['front', 'back'])
		await check(`it opens ${door}`, async () => (await tapped(tools, 'unknown', door)).startsWith('grant'));
	// one click
	await button(row, 'Mark lost').click();
	await row.locator('.confirming[data-kind=refuse][data-ms]').waitFor();
	const ms = Number(await row.locator('.confirming').getAttribute('data-ms'));
	console.log(`# from the click until both doors confirmed that it is lost: ${ms} ms`);
	await check('both doors confirm within a second', ms < 1000 * site.slow);
	await check('and say so by name', async () => /front refuses it now/.test(await row.innerText()) && /back refuses it now/.test(await row.innerText()));
	for (const door of ['front', 'back'])
		await check(`${door} refuses it`, async () => (await tapped(tools, 'unknown', door)) === 'deny card_lost');
	await axe('lost');
	await fits('lost');
	await shot('card-lost');
	await undo(page);
	await row.locator('.confirming[data-kind=accept][data-ms]').waitFor();
	await check('found again it opens', async () => (await tapped(tools, 'unknown', 'front')).startsWith('grant'));
	// more of what can be done
	await row.locator('summary').first().click();
	await axe('more');
	await shot('card-more');
	await button(row, 'Suspend').click();
	await row.locator('.confirming[data-kind=refuse][data-ms]').waitFor();
	await check('a suspended card is refused', async () => (await tapped(tools, 'unknown', 'front')) === 'deny card_suspended');
	await button(row, 'Resume').click();
	await row.locator('.confirming[data-kind=accept][data-ms]').waitFor();
	await row.locator('summary').first().click();
	await button(row, 'History').click();
	await check('its history', said(dialog, 'Came in'));
	await axe('card history');
	await shot('card-history');
	await page.keyboard.press('Escape');
	await free(api);
});

journey('another card comes between', async (tools) => {
	const { page, login, check, shot, api, tap, site, axe } = tools;
	await free(api);
	await login('host', `#/members/${site.people.guest.member}`);
	const dialog = page.getByRole('dialog');
	await button(page, 'Issue a card').click();
	await dialog.getByLabel('At which reader?').selectOption('back');
	await button(dialog, 'Tap it on the back reader now').click();
	await said(dialog, 'Now: hold the new card');
	await tap('phone', 'back');
	await check('why none was issued', said(dialog, 'No card was issued'));
	await axe('issue, failed');
	await shot('issue-failed');
	await button(dialog, 'Try again').click();
	await button(dialog, 'Tap it on the back reader now').click();
	await said(dialog, 'Now: hold the new card');
	await button(dialog, 'Stop').click();
	await check('it can be stopped', said(page, 'Stopped. No card was issued.'));
	await check('and the door knows', async () => (await tapped(tools, 'unknown', 'back')) === 'deny card_unknown');
});

journey('the last unknown card is claimed', async (tools) => {
	const { page, login, check, shot, api, tap, site, axe, until } = tools;
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

journey('issue and revoke by keyboard alone', async (tools) => {
	const { page, login, check, api, tap, site, until, phone } = tools;
	const key = (name) => page.keyboard.press(name);
	const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.getAttribute('aria-label') || document.activeElement.tagName);
	const tabTo = async (text) => {
		for (let i = 0; i < 60; i++) {
			if ((await focused()).startsWith(text))
				return true;
			await key('Tab');
		}
		throw new Error(`Tab does not reach ${text}`);
	};
	await free(api);
	await login('host', '#/members');
	await page.locator('tbody tr').first().waitFor();
	await check('one can type at once, or after Tab', async () => {
		for (let i = 0; i < 30 && await page.evaluate(() => document.activeElement.type !== 'search'); i++)
			await key('Tab');
		return page.evaluate(() => document.activeElement.type === 'search');
	});
	await page.keyboard.type('ned');
	await until(async () => await page.locator('tbody tr').count() === 1);
	await key('Enter');
	await page.getByRole('heading', { name: 'Ned Unlimited', level: 1 }).waitFor();
	await page.locator('.view[data-ready="1"]').waitFor();
	await check('the heading has the focus', () => until(async () => (await focused()) === 'Ned Unlimited'));
	await tabTo('Issue a card');
	await key('Enter');
	await check('the dialog begins where it goes on', () => until(async () => (await focused()).startsWith('Tap it on the')));
	await key('Shift+Tab');
	await key('Shift+Tab');
	await page.keyboard.type('test fob 3');
	await key('Tab');
	await page.keyboard.type('front');
	await key('Tab');
	await key('Enter');
	const dialog = page.getByRole('dialog');
	await said(dialog, 'Now: hold the new card to the front reader.');
	await held(tools, 'unknown', 'front');
	await said(dialog, 'Read once.');
	await tap('unknown', 'front');
	await said(dialog, 'Read twice at front.');
	await check('the question has the focus', () => until(async () => (await focused()).startsWith('Yes, activate')));
	await key('Enter');
	await said(dialog, 'The card is active.');
	await check('as has what ends it', () => until(async () => (await focused()) === 'Done'));
	await key('Enter');
	await check('back where it began', () => until(async () => (await focused()) === 'Issue a card'));
	await check('the card opens', async () => (await tapped(tools, 'unknown', 'back')).startsWith('grant'));
	await tabTo('More test fob 3');
	await key('Enter');
	await tabTo('Revoke');
	await key('Enter');
	await said(dialog, 'Every door refuses it from now on');
	await check('the warning has the focus on a button', () => until(async () => /Revoke for good|Cancel/.test(await focused())));
	await tabTo('Revoke for good');
	await key('Enter');
	await page.locator('.card-row[data-state=revoked] .confirming[data-ms]').waitFor();
	await check('revoked, it is refused', async () => (await tapped(tools, 'unknown', 'back')) === 'deny card_revoked');
	await check('the focus is still on the page', async () => (await focused()) !== 'BODY');
	await free(api);
});
