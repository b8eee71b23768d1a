// SPDX-License-Identifier: Apache-2.0
// How the page looks where colours are the system's own, where letters are large, and on paper.
import { journey } from './browser.mjs';

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
