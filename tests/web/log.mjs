// SPDX-License-Identifier: Apache-2.0
// The log: filters that stand in the address, following live without a jump, export, details; what operators did.
import { readFileSync } from 'node:fs';
import { journey } from './browser.mjs';

const FIRST = '.pager tbody tr:first-child',
	LIVE = '.follow tbody tr:first-child';
const said = (page, selector) => page.locator(selector).innerText();

async function shifts(page) {
	await page.evaluate(() => {
		globalThis.shifted = 0;
		new PerformanceObserver((list) =>
			list.getEntries().forEach((entry) => {
				globalThis.shifted += entry.value;
			}),
		).observe({ type: 'layout-shift', buffered: false });
	});
	return () => page.evaluate(() => globalThis.shifted);
}

journey('a host reads the log', async ({ page, phone, login, check, until, tap, axe, shot, fits, site }) => {
	await tap('unlimited', 'front');
	await tap('unknown', 'back');
	await login('host', '#/log');
	await check('taps are there, in words', async () => {
		const text = await said(page, '.pager tbody');
		return /Ned Unlimited/.test(text) && /Nobody knows this card/.test(text);
	});
	await check('hosts are told how far back they see', page.getByText('Hosts see the last seven days'));
	await axe('log');
	await fits('log');
	await shot('log');
	if (phone) await page.getByText('Filters', { exact: true }).click();
	await page.getByLabel('What happened').selectOption('deny');
	await check('a filter stands in the address', () => page.url().includes('what=deny'));
	await check('and leaves what does not fit', async () => !/Let in/.test(await said(page, '.pager tbody')));
	await page.reload();
	await page.locator('.view[data-ready="1"]').waitFor();
	await check(
		'a reload keeps it',
		async () =>
			(await page.getByLabel('What happened').inputValue()) === 'deny' &&
			!/Let in/.test(await said(page, '.pager tbody')),
	);
	const before = await shifts(page);
	await tap('unknown', 'front');
	await check('a new entry is offered, not pushed in', page.getByRole('button', { name: '1 new entry: show' }));
	await tap('unlimited', 'front');
	await tap('unknown', 'back');
	await check('one that does not fit is not counted', page.getByRole('button', { name: '2 new entries: show' }));
	await check('nothing moved', (await before()) === 0);
	await page.getByRole('button', { name: '2 new entries: show' }).click();
	await check(
		'it stands first then',
		async () => /front/i.test(await said(page, FIRST)) || /Nobody knows/.test(await said(page, FIRST)),
	);
	await page.getByRole('button', { name: 'Clear filters' }).click();
	await check('the filters go', () => until(() => !page.url().includes('what=')));
	await check('and the keys are at the first of them', () =>
		until(() => page.evaluate(() => document.activeElement.name === 'door')),
	);
	await page.locator(`${FIRST} button.when`).click();
	await check(
		'an entry tells its place in the log',
		page.getByRole('dialog').getByText(/number \d+ in the door’s own log [0-9a-f]{12}/),
	);
	await axe('entry');
	await page.keyboard.press('Escape');
	await check('and the focus is back', () => page.evaluate(() => document.activeElement.classList.contains('when')));
	await page.getByRole('combobox', { name: 'Who' }).fill('Ned');
	await page.getByRole('option', { name: /Ned Unlimited/ }).click();
	await check(
		'one person’s entries',
		async () => page.url().includes(`member=${site.people.unlimited.member}`) && /Ned/.test(await said(page, FIRST)),
	);
	await check('it says that the look is written down', page.getByText('is itself written down'));
});

journey('it follows live, where nothing moves', async ({ page, login, check, until, tap, axe, shot, fits }) => {
	await login('host', '#/log');
	await page.getByRole('button', { name: 'Follow live' }).click();
	await page.locator('.follow').waitFor();
	await new Promise((done) => setTimeout(done, 600)); // what moves within half a second of a click is the click's
	const moved = await shifts(page);
	for (const [card, door, text] of [
		['unlimited', 'front', /Ned Unlimited/],
		['revoked', 'back', /revoked/],
		['unknown', 'front', /Nobody knows/],
	]) {
		await tap(card, door);
		await check(`${card} appears by itself`, async () => text.test(await said(page, '.follow tbody')));
	}
	await check('no layout shift', (await moved()) === 0);
	await axe('following');
	await fits('following');
	await shot('log-follow');
	await page.getByRole('button', { name: 'Follow live' }).click();
	await check('and back to the pages', page.locator(FIRST));
	await check('the live rows are gone', async () => !(await page.locator(LIVE).isVisible()));
});

journey(
	'an auditor takes the log away, and sees what operators did',
	async ({ page, login, check, until, api, tap, axe, shot, fits, site }) => {
		await tap('unlimited', 'front');
		await api('PATCH', `/members/${site.people.ended.member}`, { name: '=HYPERLINK("http://x","Eve")' });
		await tap('ended', 'front');
		await login('auditor', '#/log');
		await until(async () => /HYPERLINK/.test(await said(page, '.pager tbody')));
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.getByRole('button', { name: 'Export as CSV' }).click(),
		]);
		const text = readFileSync(await download.path(), 'utf8');

		await check(
			'the file has a name with the date',
			/^tapin-log-\d{4}-\d\d-\d\d\.csv$/.test(download.suggestedFilename()),
		);
		await check(
			'it has the columns and the rows',
			text.startsWith('\uFEFFid,door,seq,time') && text.includes('Ned Unlimited'),
		);
		await check('a formula in a name is none in the file', !/,"?=HYPERLINK/.test(text) && text.includes('HYPERLINK'));
		await check('it says how many', page.getByText(/rows exported/));
		await page.getByRole('link', { name: 'What operators did' }).click();
		await check('the change of the name is there, from and to', async () =>
			/Eve Ended[\s\S]*HYPERLINK/.test(await said(page, '.pager tbody')),
		);
		await axe('audit');
		await fits('audit');
		await shot('audit');
		await page.getByLabel('What', { exact: true }).selectOption('card.');
		await check(
			'only cards',
			async () =>
				/Issued a card/.test(await said(page, '.pager tbody')) &&
				!/Added a member/.test(await said(page, '.pager tbody')),
		);
		await api('PATCH', `/members/${site.people.ended.member}`, { name: 'Eve Ended' });
	},
);

journey('an auditor verifies the log', async ({ page, login, check, until, tap, axe, shot, fits, api }) => {
	await tap('unlimited', 'front');
	await login('auditor', '#/log');
	const texts = await page.evaluate(async () =>
		JSON.parse(
			JSON.stringify(
				(await import(new URL('texts/en.js', document.querySelector('script[src$="/main.js"]').src))).default,
			),
		),
	);
	const words = (await api('GET', '/reasons')).body;
	const missing = [
		...words.reasons.filter((one) => !texts.reason[one.name] && one.name !== 'granted').map((one) => one.name),
		...words.warnings.filter((one) => !texts.warning[one]),
		...words.kinds.filter((one) => !texts.kind[one]),
	];

	await check(`the page has words for every reason, warning and kind (${missing})`, missing.length === 0);
	await page.getByRole('button', { name: 'Verify the log' }).click();
	await check(
		'it is whole, in words',
		page
			.getByRole('dialog')
			.locator('.callout', { hasText: /The log is whole: \d+ entries in the logs of doors \(2\)/ }),
	);
	await axe('verified');
	await fits('verified');
	await shot('log-verified');
});
