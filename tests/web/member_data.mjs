// SPDX-License-Identifier: Apache-2.0
// What is held about a member: handed out, erased, looked at by an auditor.
import { readFileSync } from 'node:fs';
import { journey } from './browser.mjs';
import { button, said } from './cardlib.mjs';

journey(
	'an admin hands out and erases what is held',
	async ({ page, login, check, axe, fits, shot, until, phone, api }) => {
		const name = `Erased \u2067<b>${phone ? 2 : 1}</b>`;
		const {
			body: { id },
		} = await api('POST', '/members', { name, tier: 2, contact: 'gone@example.org' });
		await login('admin', `#/members/${id}`);
		const dialog = page.getByRole('dialog');
		const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Export everything').click()]);
		await check(
			'all that is held comes as a file',
			JSON.parse(readFileSync(await file.path(), 'utf8')).member[0].contact === 'gone@example.org',
		);
		await button(page, 'Erase…').click();
		await check('what it means is said', said(dialog, 'There is no undo.'));
		await axe('erase');
		await fits('erase');
		await shot('erase');
		await dialog.getByLabel('To be sure').fill('somebody');
		await dialog.getByLabel('Why').fill('asked for it');
		await button(dialog, 'Erase for good').click();
		await check('another name is refused', said(dialog, 'That is not their name'));
		await dialog.getByLabel('To be sure').fill(name.replace('\u2067', ' '));
		await button(dialog, 'Erase for good').click();
		await check('the doors forget, too', said(page, 'Every door has forgotten them.'));
		await check(
			'and nothing is left',
			async () => (await page.locator('main').getByText('gone@example.org').count()) === 0,
		);
		await shot('erased');
	},
);

journey('an auditor looks', async ({ page, login, check, axe, shot, site }) => {
	await login('auditor', `#/members/${site.people.unlimited.member}`);
	await check(
		'nothing is offered that is not theirs',
		(await page
			.locator('main')
			.getByRole('button', { name: /Issue|Suspend|Change$|Mark lost|Erase/ })
			.count()) === 0,
	);
	await check('looking at a history is said to be noted', said(page, 'Looking at it is noted'));
	await button(page, 'Show the history').click();
	await page
		.locator('.pager [role=status]')
		.filter({ hasText: /rows?|Nothing/ })
		.waitFor();
	await axe('auditor');
	await shot('member-auditor');
});
