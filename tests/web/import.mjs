// SPDX-License-Identifier: Apache-2.0
// Members and cards from a file: what would change is seen before; lists go out and come back.
import { readFileSync } from 'node:fs';
import { journey } from './browser.mjs';
import { button, said } from './cardlib.mjs';

const choose = (page, text, name = 'list.csv') =>
	page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

journey(
	'a list of members is imported',
	async ({ page, login, check, axe, fits, shot, until, api, phone, expect_failures }) => {
		const tag = phone ? 'b' : 'a',
			count = async () => (await api('GET', `/members?text=${tag}import.example&limit=500`)).body.items.length;
		await login('host', '#/members/import');
		await check('the numbers of tiers are told', said(page, 'Numbers for the column tier:'));
		await axe('import');
		await fits('import');
		await shot('import');
		const [example] = await Promise.all([page.waitForEvent('download'), button(page, 'An example file').click()]);
		await check('an example comes along', /^\uFEFFname,contact,tier/.test(readFileSync(await example.path(), 'utf8')));
		await choose(page, readFileSync(await example.path(), 'utf8'));
		await check('and is good as it is', said(page, '2 lines are ready. Nothing has been changed yet.'));
		// wrong lines
		await choose(
			page,
			`name,contact,tier\nGood,good@${tag}import.example,2\nBad,bad@${tag}import.example,99\nWorse,,\n`,
		);
		await check('wrong lines are counted', said(page, '2 lines are wrong.'));
		await check('with line and why', said(page, 'tier: there is no tier 99'));
		await check('and nothing can be imported', () => page.getByRole('button', { name: /^Import \d/ }).isDisabled());
		await axe('import, wrong');
		await fits('import, wrong');
		await shot('import-wrong');
		expect_failures(/^POST \/api\/v1\/members\/import\?preview=true 400/);
		await choose(page, 'name;tier\nA;2\n');
		await check('a file that is none says why', said(page, 'columns are separated by commas'));
		await shot('import-refused');
		// good ones, hostile names among them
		const names = [
			'=HYPERLINK("http://evil.example")',
			'<img src=x onerror=alert(1)>',
			'\u202Eevil',
			'Ada, the second',
		];
		const file = (tier) =>
			'name,contact,tier\n' +
			names.map((name, i) => `"${name.replaceAll('"', '""')}",p${i}@${tag}import.example,${tier}`).join('\n') +
			'\n';
		await choose(page, file(2));
		await check('new ones are shown as text', said(page, '<img src=x onerror=alert(1)>'));
		await shot('import-preview');
		await check('nothing is there yet', (await count()) === 0);
		await button(page, 'Import 4 lines').click();
		await check('done, and said', said(page, '4 new, 0 changed, 0 as they were.'));
		await check('all are there', async () => (await count()) === 4);
		await axe('import, done');
		await shot('import-done');
		await choose(page, file(3));
		await check('a change is shown field by field', async () =>
			/unlimited.*→.*part-time/s.test(
				await page
					.locator('.changes')
					.first()
					.innerText()
					.catch(() => ''),
			),
		);
		await shot('import-changes');
		await axe('import, changes');
		await button(page, 'Cancel').click();
		// out and back
		await page.evaluate((to) => {
			location.hash = to;
		}, `#/members?text=${tag}import.example`);
		await page.getByRole('searchbox').waitFor();
		await until(async () => (await page.locator('tbody tr').count()) === 4);
		const [list] = await Promise.all([page.waitForEvent('download'), button(page, 'Export').click()]);
		const text = readFileSync(await list.path(), 'utf8');
		await check('the list goes out without a formula', text.includes('"\'=HYPERLINK') && !/(^|,)"?[=+@-]/m.test(text));
		await check('and only what was looked for', text.trim().split('\r\n').length === 5);
		await page.evaluate(() => {
			location.hash = '#/members/import';
		});
		await said(page, 'Numbers for the column tier:').waitFor();
		await choose(page, text);
		await check('and comes back unchanged', said(page, 'Nothing would change.'));
	},
);

journey(
	'cards from a file, and the list of cards',
	async ({ page, login, check, axe, fits, shot, until, phone, site, api }) => {
		const uid = phone ? '04AA1122334455' : '04AA1122334466',
			member = site.people.ended.member;
		await login('host', '#/members/import');
		await button(page, 'Cards').click();
		await choose(page, `member,uid,label\n${member},${uid},from a file ${uid}\n${member},0801020304,odd\n`);
		await check('a wrong number is said', said(page, /^(1|One) line is wrong/));
		await choose(page, `member,uid,label\n${member},${uid},from a file ${uid}\n`);
		await button(page, 'Import 1 line').click();
		await check('the doors confirm', page.locator('.confirming[data-ms]'));
		await page.getByRole('link', { name: 'All members' }).last().click();
		await page.getByRole('link', { name: 'Cards' }).click();
		await page.getByRole('searchbox', { name: 'Find a card' }).fill(uid);
		await check('it is found by its label', async () => (await page.locator('tbody tr').count()) === 1);
		await check('the address says so', () => page.url().includes(`text=from`) || page.url().includes(uid));
		await axe('cards');
		await fits('cards');
		await shot('cards');
		await page.locator('tbody').getByRole('link').click();
		await check('whose it is', page.getByRole('heading', { name: 'Eve Ended', level: 1 }));
		const row = page.locator('.card-row', { hasText: uid });
		await row.locator('summary').click();
		await button(row, 'Put in the drawer').click();
		await check('what cannot be undone is said before', said(page.getByRole('dialog'), 'not given back by Undo'));
		await shot('card-return');
		await button(page.getByRole('dialog'), 'Put in the drawer').click();
		await check('it is gone from the page', async () => (await row.count()) === 0);
		await page.evaluate((id) => {
			location.hash = `#/members/${id}`;
		}, site.people.unlimited.member);
		await page.getByRole('heading', { name: 'Ned Unlimited', level: 1 }).waitFor();
		await page.locator('.view[data-ready="1"]').waitFor();
		await button(page, 'Lend a card').click();
		const spare = (await api('GET', '/cards?state=unassigned&limit=200')).body.items.find((card) =>
			card.label.includes(uid),
		);
		await page.getByRole('dialog').getByLabel('Which card').selectOption(String(spare.id));
		await axe('lend');
		await shot('lend');
		await button(page.getByRole('dialog'), 'Lend it').click();
		await check('it is lent for the day', said(row, 'Lent for the day'));
		await page.locator('.toast').last().getByRole('button', { name: 'Undo' }).click();
		await check('and back in the drawer', async () => (await row.count()) === 0);
	},
);

journey(
	'what is imported is what was looked at',
	async ({ page, login, check, until, api }) => {
		const there = async (who) => (await api('GET', `/members?text=${who}`)).body.items.length;
		let hold = () => {};

		await login('host', '#/members/import');
		await page.route('**/members/import?preview=true', async (route) => {
			if (route.request().postData().includes('slowfirst')) await new Promise((done) => (hold = done));
			await route.continue();
		});
		const slow = page.waitForRequest((request) => request.postData()?.includes('slowfirst'));
		await choose(page, 'name,tier\nslowfirst,2\n', 'slow.csv');
		await slow;
		await choose(page, 'name,tier\nquicksecond,2\n', 'quick.csv');
		await said(page, 'quicksecond').waitFor();
		const late = page.waitForResponse((response) => response.request().postData()?.includes('slowfirst'));
		hold();
		await late;
		await new Promise((done) => setTimeout(done, 300));
		await check('an answer that came late takes no place', async () => !(await page.getByText('slowfirst').count()));
		await button(page, 'Import 1 line').click();
		await said(page, '1 new, 0 changed').waitFor();
		await check('the file that was seen', () => until(async () => (await there('quicksecond')) === 1));
		await check('and no other', async () => (await there('slowfirst')) === 0);
	},
	{ sizes: ['desktop'] },
);
