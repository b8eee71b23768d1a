// SPDX-License-Identifier: Apache-2.0
// Members: found as one types, added, changed, suspended and taken back.
import { journey } from './browser.mjs';
import { button, said, undo } from './cardlib.mjs';

journey('finding a member', async ({ page, login, check, axe, fits, shot, until, phone }) => {
	await login('host', '#/members');
	const find = page.getByRole('searchbox', { name: 'Find a member' }),
		rows = page.locator('tbody tr');
	await check('all are listed', async () => (await rows.count()) >= 6);
	await axe('list');
	await fits('list');
	await shot('members');
	await find.fill('ned');
	await check('letters narrow it down', async () => (await rows.count()) === 1);
	await check('the address says so', () => page.url().endsWith('#/members?text=ned'));
	await page.reload();
	await check('and finds it again', async () => (await rows.count()) === 1 && (await find.inputValue()) === 'ned');
	await find.fill('nobody like that');
	await check('nobody is said kindly', said(page, 'Nobody found.'));
	await find.fill('');
	await page.getByLabel('State').selectOption('closed');
	await check('no closed ones', said(page, 'Nobody found.'));
	await page.getByLabel('State').selectOption('');
	await page.getByLabel('State').selectOption('ending');
	await check('nor any that end soon', said(page, 'Nobody found.'));
	await find.fill('n');
	await check(
		'looking for letters ends that',
		async () => (await page.getByLabel('State').inputValue()) === '' && (await rows.count()) >= 1,
	);
	await find.fill('');
	await page.getByLabel('Tier').selectOption({ label: 'part-time' });
	await check('by tier', async () => (await rows.count()) === 1);
	await page.getByLabel('Tier').selectOption('');
	await until(async () => (await rows.count()) >= 6);
	if (!phone) {
		await find.focus();
		for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
		await check('arrows and Enter open the second', page.getByRole('heading', { name: 'Ned Unlimited', level: 1 }));
		await page.goBack();
		await check('back at the list', async () => (await rows.count()) >= 6);
		await find.fill('gus');
		await until(async () => (await rows.count()) === 1);
		await find.press('Enter');
	} else {
		await page.getByRole('link', { name: 'Gus Guest' }).click();
	}
	await check('a member’s page', page.getByRole('heading', { name: 'Gus Guest', level: 1 }));
	await check('with what they need at the door', said(page, '8 seconds'));
	await page.locator('.view[data-ready="1"]').waitFor();
	await axe('member');
	await fits('member');
	await shot('member');
});

journey('a member comes and goes', async (tools) => {
	const { page, login, check, fits, shot, until, phone, api, expect_failures } = tools,
		axe = (view) => !phone && tools.axe(view);
	const name = `Zoë O’Hara ${phone ? 2 : 1}`;
	await login('host', '#/members');
	await button(page, 'Add a member').click();
	const dialog = page.getByRole('dialog');
	await check('the name is asked first', () =>
		dialog.getByLabel('Name', { exact: true }).evaluate((one) => one === document.activeElement),
	);
	await button(dialog, 'Add a member').click();
	await check('what is missing is said', said(dialog, 'This is needed.'));
	await axe('new member');
	await fits('new member');
	await shot('member-new');
	await dialog.getByLabel('Name', { exact: true }).fill(name);
	await dialog.getByLabel('Tier', { exact: true }).selectOption({ label: 'unlimited' });
	await dialog.getByLabel('Valid from').fill('2026-12-01');
	await dialog.getByLabel('Valid until').fill('2026-01-01');
	await button(dialog, 'Add a member').click();
	await check(
		'dates that cannot be are refused at their field',
		async () => (await dialog.locator('[aria-invalid=true], .fault:not(:empty)').count()) > 0,
	);
	await shot('member-refused');
	await dialog.getByLabel('Valid from').fill('');
	await dialog.getByLabel('Valid until').fill('2099-01-01');
	await button(dialog, 'Add a member').click();
	await check('their page opens', page.getByRole('heading', { name, level: 1 }));
	await check('and says what is missing', said(page, 'without a card that opens a door'));
	await page.locator('.view[data-ready="1"]').waitFor();
	await button(page, 'Change').click();
	await dialog.getByLabel('Email or phone').fill('+44 20 7946 0000');
	await shot('member-change');
	await button(dialog, 'Save').click();
	await check('the change is seen', said(page, '+44 20 7946 0000'));
	await undo(page);
	await check('and taken back', async () => (await page.getByText('+44 20 7946 0000').count()) === 0);
	await button(page, 'Suspend').click();
	await check('suspended is said in words', said(page, 'until you resume the membership'));
	await undo(page);
	await check('the undo resumes', said(page, 'without a card that opens a door'));
	await button(page, 'Close membership').click();
	await axe('close');
	await shot('member-close');
	await button(dialog, 'Close the membership').click();
	await check('closed', said(page, 'The membership is closed.'));
	await check('no card for them', () => button(page, 'Issue a card').isDisabled());
	await button(page, 'Open again').click();
	await said(page, 'without a card that opens a door').waitFor();
	// somebody else is faster
	const id = Number(page.url().split('/').pop());
	expect_failures(/^PATCH \/api\/v1\/members\/\d+ 412/);
	await button(page, 'Change').click();
	await api('PATCH', `/members/${id}`, { note: 'meanwhile' });
	await dialog.getByLabel('Note').fill('mine');
	await button(dialog, 'Save').click();
	await check('who was slower is told, and nothing is lost', said(dialog, 'Somebody changed this meanwhile'));
	await page.keyboard.press('Escape');
	await check('what is there now is seen', said(page, 'meanwhile'));
});

journey(
	'what was typed is not lost, and what was not is not taken',
	async ({ page, login, check, until, api, size }) => {
		const { id } = (await api('POST', '/members', { name: `Half a date ${size}`, tier: 2, valid_until: '2099-01-01' }))
			.body;
		const pool = (await api('POST', '/pools', { name: `Company ${size}`, kind: 'days', limit: 5 })).body.id;
		const now = async () => (await api('GET', `/members/${id}`)).body;

		await api('PATCH', `/members/${id}`, { pool });
		await login('host', `#/members/${id}`);
		const dialog = page.getByRole('dialog');
		await button(page, 'Change').click();
		await dialog.getByLabel('Shared allowance').selectOption({ label: 'None' });
		await button(dialog, 'Save').click();
		await check('a shared allowance can be left', () => until(async () => (await now()).pool === null));
		await dialog.waitFor({ state: 'detached' });
		await button(page, 'Change').click();
		await dialog.getByLabel('Valid until').focus();
		await page.keyboard.press('Backspace');
		await button(dialog, 'Save').click();
		await check('half a date is not taken for none', said(dialog, 'This is not complete'));
		await check('and nothing is changed', async () => (await now()).valid_until === '2099-01-01');
		await dialog.getByLabel('Note').fill('long thoughts');
		const box = await dialog.getByLabel('Note').boundingBox();
		await page.mouse.move(box.x + 8, box.y + 8);
		await page.mouse.down();
		await page.mouse.move(1, 1);
		await page.mouse.up();
		await page.mouse.click(1, 1);
		await new Promise((done) => setTimeout(done, 300));
		await check('no slip of the mouse beside the form loses it', () =>
			until(async () => (await dialog.getByLabel('Note').inputValue()) === 'long thoughts'),
		);
	},
);

journey(
	'Enter means what is typed, however slow the hub is',
	async ({ page, login, check }) => {
		await login('host', '#/members');
		const find = page.getByRole('searchbox', { name: 'Find a member' });

		await page.route('**/api/v1/members?text=ned*', async (route) => {
			await new Promise((done) => setTimeout(done, 600));
			await route.continue();
		});
		await page.getByRole('link', { name: 'Maya Host' }).waitFor();
		await find.fill('ned');
		await find.press('Enter');
		await check(
			'and opens nobody who stood there before',
			page
				.getByRole('heading', { level: 1 })
				.filter({ hasNotText: 'Members' })
				.first()
				.waitFor()
				.then(async () => page.getByRole('heading', { name: 'Ned Unlimited', level: 1 }).isVisible()),
		);
	},
	{ sizes: ['desktop'] },
);
