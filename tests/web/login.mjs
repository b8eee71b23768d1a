// SPDX-License-Identifier: Apache-2.0
// Coming in, going out, the lock.
import { journey } from './browser.mjs';

const name = (page) => page.getByLabel('Name', { exact: true });
const password = (page) => page.getByLabel('Password', { exact: true });
const enter = (page) => page.getByRole('button', { name: 'Log in' });

journey('a wrong password', async ({ page, check, axe, fits, shot, expect_failures, site }) => {
	expect_failures(/^POST \/api\/v1\/session 401/);
	await page.goto('/');
	await check('the name is asked first', () => name(page).evaluate((one) => one === document.activeElement));
	await axe('login');
	await fits('login');
	await shot('login');
	await enter(page).click();
	await check('an empty name is said at its field', page.getByText('This is needed.').first());
	await name(page).fill(site.roles.host.operator);
	await password(page).fill('not this one');
	await enter(page).click();
	await check('it is said kindly', page.getByText('This name and password do not fit'));
	await check('at the password, where the keys are now', () =>
		password(page).evaluate(
			(one) =>
				one === document.activeElement &&
				document.getElementById(one.getAttribute('aria-describedby')).textContent.includes('do not fit'),
		),
	);
	await check(
		'and is no mistake of the page',
		async () => !(await page.locator('main').textContent()).includes('made a mistake'),
	);
	await check('the name is still there', async () => (await name(page).inputValue()) === site.roles.host.operator);
	await axe('login refused');
});

journey('a day at the desk', async ({ page, context, check, login, go, axe, shot, site }) => {
	await login('host', '#/members');
	await check('the view that was asked for is shown', page.locator('.view[data-view=members]'));
	await axe('frame');
	await shot('frame');
	const [cookie] = await context.cookies();
	await check('no script reads the key', cookie.httpOnly && cookie.sameSite === 'Strict');
	await check(
		'nor is it kept elsewhere',
		!(await page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }))).includes(
			cookie.value,
		),
	);
	await page.reload();
	await page.locator('.view[data-ready="1"]').waitFor();
	await check('a reload keeps session and view', page.locator('.view[data-view=members]'));
	await go('#/hours');
	await page.goBack();
	await check('the way back leads back', page.locator('.view[data-view=members][data-ready="1"]'));
	await page.getByRole('button', { name: 'Lock' }).click();
	await check('whoever leaves sees the login', password(page));
	await check('with the name that was here', async () => (await name(page).inputValue()) === site.roles.host.operator);
	const after = await page.request.get('/api/v1/session', { headers: { Cookie: `${cookie.name}=${cookie.value}` } });
	await check('the hub has forgotten the session', after.status() === 401);
});

journey(
	'a session that has ended',
	async ({ page, context, check, login, site, expect_failures }) => {
		expect_failures(/^GET \/api\/v1\/\S+ 401/);
		await login('host', '#/members');
		await context.clearCookies();
		await page.reload();
		await check('is said', page.getByText('Your session has ended'));
		await password(page).fill(site.roles.host.password);
		await password(page).press('Enter');
		await page.locator('.view[data-ready="1"]').waitFor();
		await check(
			'and what was asked for without it is asked again',
			page.getByRole('link', { name: 'Maya Host' }).first(),
		);
	},
	{ sizes: ['desktop'] },
);

journey(
	'the desk locks',
	async ({ page, check, login, until, site }) => {
		await page.clock.install();
		await login('host', '#/log');
		await page.clock.runFor('04:00');
		await page.mouse.click(3, 3);
		await page.clock.runFor('04:30');
		await check('not while somebody is there', page.locator('.view[data-view=log]'));
		await page.clock.runFor('00:50');
		await check('after five quiet minutes', page.getByText('nobody was here for five minutes'));
		await check('nothing of the view is left', async () => (await page.locator('.view').count()) === 0);
		await check('the password is what is missing', () =>
			password(page).evaluate((one) => one === document.activeElement),
		);
		await password(page).fill(site.roles.host.password);
		await password(page).press('Enter');
		await check('back where it was', page.locator('.view[data-view=log][data-ready="1"]'));
	},
	{ context: {} },
);

journey(
	'a machine that slept',
	async ({ page, check, login }) => {
		await page.clock.install();
		await login('host', '#/log');
		await page.clock.setSystemTime(Date.now() + 3600000); // no timer ran: the hand is there first
		await page.mouse.click(3, 3);
		await check(
			'wakes locked',
			page
				.getByText('nobody was here for five minutes')
				.waitFor()
				.then(() => true),
		);
	},
	{ sizes: ['desktop'] },
);

journey('by keyboard alone', async ({ page, check, site, phone }) => {
	if (phone) return;
	await page.goto('/');
	await name(page).waitFor();
	await page.keyboard.type(site.roles.auditor.operator);
	await page.keyboard.press('Tab');
	await page.keyboard.type(site.roles.auditor.password);
	await page.keyboard.press('Enter');
	await page.locator('.view[data-ready="1"]').waitFor();
	await page.keyboard.press('Tab');
	await check('the first stop skips to the view', page.locator('.skip:focus'));
	await page.keyboard.press('Enter');
	await check('and does', () => page.evaluate(() => document.activeElement.id === 'view'));
	const stops = new Set();
	for (let i = 0; i < 40; i++) {
		await page.keyboard.press('Shift+Tab');
		stops.add(await page.evaluate(() => document.activeElement.textContent.trim()));
	}
	for (const tab of ['Now', 'Members', 'Log', 'Lock'])
		await check(
			`${tab} is reached by Tab`,
			[...stops].some((one) => one.startsWith(tab)),
		);
	await page.getByRole('button', { name: 'Lock' }).focus();
	await page.keyboard.press('Space');
	await check('and Lock by Space', password(page));
});
