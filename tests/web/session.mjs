// SPDX-License-Identifier: Apache-2.0
// Sessions that end or change while somebody is at it: under a half-filled form, from another tab, by another role, after
// too many tries.
import { request } from 'node:http';
import { journey, site } from './browser.mjs';

const seen = (where) => where.waitFor().then(() => true);
const button = (page, name) => page.getByRole('button', { name, exact: true });
const password = (page) => page.getByLabel('Password', { exact: true });
const locked = (page, text) => seen(page.getByText(text));
const ready = (page) => page.locator('.view[data-ready="1"]').waitFor();
const mark = (page) => page.locator('.live-mark.live').waitFor();

/** At the login that is there. */
async function enter(page, { operator, password: word }) {
	await page.getByLabel('Name', { exact: true }).fill(operator);
	await password(page).fill(word);
	await password(page).press('Enter');
}

/** One request of somebody else's, by another address of this machine; its status. */
const elsewhere = (method, path, headers, body) =>
	new Promise((done, fail) => {
		const asked = request(`${site.url}/api/v1${path}`, { method, headers, localAddress: '127.0.0.2' }, (answer) => {
			let text = '';

			answer.setEncoding('utf8');
			answer.on('data', (part) => (text += part));
			answer.on('end', () => done({ status: answer.statusCode, body: text && JSON.parse(text) }));
		});
		asked.on('error', fail);
		asked.end(body);
	});

/** The hub ends this browser's session, as it does when its time is over; the browser has its cookie still. */
async function end(context) {
	const Cookie = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join('; ');
	const { csrf } = (await elsewhere('GET', '/session', { Cookie })).body;

	return (await elsewhere('DELETE', '/session', { Cookie, 'X-Tapin-CSRF': csrf })).status;
}

journey(
	'a session that ends under a form',
	async ({ page, context, check, until, api, login, axe, shot, size, expect_failures }) => {
		const { guest } = site.people,
			name = `Gus Guest ${size}`;
		const dialog = page.getByRole('dialog'),
			field = (label) => dialog.getByLabel(label);

		expect_failures(/^GET \/api\/v1\/\S+ 401/, /ERR_INCOMPLETE_CHUNKED/);
		await login('host', `#/members/${guest.member}`);
		await mark(page);
		await button(page, 'Change').click();
		await field('Name').fill(name);
		await field('Note').fill('comes on Tuesdays');
		await check('the hub ends the session', (await end(context)) === 204);
		await check('which is said', locked(page, 'Your session has ended. Log in to go on where you were.'));
		await check('with what became of the form', locked(page, 'What you typed is kept for you.'));
		await check('but it is not to be seen', async () => !/Tuesdays|Gus/.test(await page.content()));
		await check('and asks no hub', async () => (await page.locator('dialog, .view').count()) === 0);
		await axe('a form is kept');
		await enter(page, site.roles.host);
		await check('whoever was here is back in it', () => until(async () => (await field('Name').inputValue()) === name));
		await check('with all that was typed', async () => (await field('Note').inputValue()) === 'comes on Tuesdays');
		await check('which is said, too', seen(page.getByText('It has not been sent.')));
		await check(
			'nothing was sent meanwhile',
			async () => (await api('GET', `/members/${guest.member}`)).body.note === '',
		);
		await axe('back in the form');
		await shot('session-kept');
		await button(dialog, 'Save').click();
		await check('now it is', () =>
			until(async () => (await api('GET', `/members/${guest.member}`)).body.note === 'comes on Tuesdays'),
		);
		await check('and the page below follows the hub again', seen(page.getByRole('heading', { name, level: 1 })));
		await api('PATCH', `/members/${guest.member}`, { note: 'by somebody else' });
		await check('live, too', seen(page.getByText('by somebody else')));
		// somebody else comes
		await button(page, 'Change').click();
		await field('Note').fill('for Maya alone');
		await end(context);
		await locked(page, 'What you typed is kept for you.');
		await enter(page, site.roles.admin);
		await ready(page);
		await check(
			'whoever else logs in sees nothing of it',
			async () => (await dialog.count()) === 0 && !/Maya alone/.test(await page.content()),
		);
		await api('PATCH', `/members/${guest.member}`, { name: guest.name, note: '' });
	},
);

journey(
	'the desk locks over a form',
	async ({ page, check, until, login }) => {
		await page.clock.install();
		await login('host', `#/members/${site.people.guest.member}`);
		await mark(page);
		await button(page, 'Change').click();
		await page.getByRole('dialog').getByLabel('Note').fill('half a word');
		await page.clock.runFor('05:30');
		await check('it is away', locked(page, 'nobody was here for five minutes'));
		await check('and kept', locked(page, 'What you typed is kept for you.'));
		await password(page).fill(site.roles.host.password);
		await password(page).press('Enter');
		await check('and back', () =>
			until(async () => (await page.getByRole('dialog').getByLabel('Note').inputValue()) === 'half a word'),
		);
	},
	{ context: {} },
);

journey(
	'two tabs',
	async ({ page, context, check, until, api, login }) => {
		const { parttime } = site.people,
			other = await context.newPage();
		const state = async () => (await api('GET', `/members/${parttime.member}`)).body.state;

		await login('host', '#/log');
		await other.goto(`/#/members/${parttime.member}`);
		await ready(other);
		await mark(other);
		await button(page, 'Lock').click();
		await check('who leaves one leaves all', locked(other, 'Locked. Whoever comes next'));
		await check('and nothing is left there', async () => (await other.locator('.view').count()) === 0);
		await enter(page, site.roles.host);
		await check('who comes in comes in in all', seen(other.getByRole('heading', { name: parttime.name, level: 1 })));
		await button(other, 'Suspend').click();
		await check('and works there', () => until(async () => (await state()) === 'suspended'));
		await other.locator('.toast').getByRole('button', { name: 'Undo' }).click();
		await check('with the way back', () => until(async () => (await state()) === 'active'));
		await button(page, 'Lock').click();
		await locked(other, 'Locked. Whoever comes next');
		await enter(other, site.roles.auditor);
		await check('somebody else in one is somebody else in all', seen(page.locator('.who', { hasText: 'otto' })));
	},
	{ sizes: ['desktop'] },
);

journey('a role that changes', async ({ page, check, api, axe, fits, size, expect_failures }) => {
	const operator = `rosa-${size}`,
		word = 'rosa horse battery';

	expect_failures(/^GET \/api\/v1\/\S+ 401/, /ERR_INCOMPLETE_CHUNKED/);
	await api('POST', '/operators', { name: operator, role: 'host', password: word });
	await page.goto('/#/now');
	await enter(page, { operator, password: word });
	await ready(page);
	await mark(page);
	await check('a host may lock down', seen(button(page, 'Lockdown…')));
	await button(page, 'Let a member in').click();
	await seen(page.getByRole('dialog'));
	await api('PATCH', `/operators/${operator}`, { role: 'auditor' });
	await check('whose role changes logs in again', locked(page, 'Your session has ended'));
	await check('nothing of before is left', async () => (await page.locator('dialog, .view').count()) === 0);
	await enter(page, { operator, password: word });
	await check('an auditor now: it is said', seen(page.getByText('changed your role: it is auditor now')));
	await ready(page);
	await check('what is no longer theirs is gone', async () => (await button(page, 'Lockdown…').count()) === 0);
	await check('open questions, too', async () => (await page.getByRole('dialog').count()) === 0);
	await check('the frame says who they are', seen(page.locator('.who', { hasText: 'auditor' })));
	await axe('another role');
	await fits('another role');
	await api('DELETE', `/operators/${operator}`);
	await check('an operator who is removed is out', locked(page, 'Your session has ended'));
});

journey('too many tries', async ({ page, check, size, expect_failures, axe }) => {
	const operator = `nobody-${size}`,
		wrong = JSON.stringify({ operator, password: 'not this one' }),
		headers = { 'Content-Type': 'application/json' };

	expect_failures(/^POST \/api\/v1\/session 429/);
	for (let i = 0; i < 5; i++) await elsewhere('POST', '/session', headers, wrong);
	await page.goto('/');
	await enter(page, { operator, password: 'not this one' });
	await check(
		'it is said how long to wait',
		seen(page.getByText(/Too many tries\. Try again in (30|[12]?\d) seconds\./)),
	);
	await check(
		'the name is still there',
		async () => (await page.getByLabel('Name', { exact: true }).inputValue()) === operator,
	);
	await axe('too many tries');
	await page.route('**/api/v1/session', (route) =>
		route.fulfill({
			status: 429,
			headers: { 'Retry-After': '1790', 'Content-Type': 'application/problem+json' },
			body: '{"type": "urn:tapin:too-often", "title": "Too many tries"}',
		}),
	);
	await enter(page, { operator, password: 'not this one' });
	await check('a long wait in minutes, and what helps', seen(page.getByText(/in 30 minutes, or ask an admin/)));
	await page.unroute('**/api/v1/session');
});
