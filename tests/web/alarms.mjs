// SPDX-License-Identifier: Apache-2.0
// What goes wrong at doors, and what is about to end: said at the front desk with what to do, once, shown at the door,
// and gone when it is over. Doors are few and an alarm is everybody's: a desk and a phone look at the same time.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { journey, login, page_open, site } from './browser.mjs';
import { door, ready } from './desk.mjs';

const LONG_MS = 25000 * site.slow; // ten seconds of a door, on a busy machine
const attached = (where) => where.first().waitFor({ state: 'attached', timeout: LONG_MS });
const pid = { front: Number(process.env.PID_FRONT), back: Number(process.env.PID_BACK) };

/** Starts a door again; it ends with this program. */
function restart(name) {
	const log = openSync(`${site.work}/door_${name}.log`, 'a');
	const child = spawn(`${site.bin}/tapin-door`, ['--config', `${site.work}/${name}/door.conf`], {
		stdio: ['ignore', log, log],
		env: {
			...process.env,
			VIRTUAL_GPIO: `${site.work}/${name}/hw/gpio.sock`,
			LD_PRELOAD: `${site.bin}/libvirtual-gpio.so`,
		},
	});

	process.on('exit', () => child.kill('SIGKILL'));
}

/** Keeps all that a screen reader is told of what needs somebody. */
const listen = (page) =>
	page.evaluate(() => {
		const said = document.querySelector('.needs [role=status]');

		globalThis.announced = [];
		new MutationObserver(() => globalThis.announced.push(said.textContent)).observe(said, { childList: true });
	});
const announced = async (page, title) =>
	(await page.evaluate(() => globalThis.announced)).filter((text) => text.includes(title)).length;

journey(
	'what needs somebody',
	async ({ page, problems, check, until, api, axe, shot, tap, door_open, door_close, vdoor }) => {
		const phone = await page_open(page.context().browser(), 'phone'),
			pages = [page, phone.page];
		const both = (fn) => Promise.all(pages.map(fn));
		const line = (name, level, where = 'front') => vdoor(where, 'input', name, String(level));
		/** It is among what needs somebody, with what to do, and the door shows it. */
		const comes = async (title, how, at, shows) => {
			const item = (one) =>
				one
					.locator('.need')
					.filter({ has: one.locator('strong', { hasText: title }) })
					.filter({ hasText: how });

			await Promise.all([
				check(`${title}: said, with what to do`, () => both((one) => attached(item(one))).then(() => true)),
				shows &&
					check(`${title}: shown at the door`, () =>
						both((one) => attached(door(one, at).getByText(shows, { exact: true }))).then(() => true),
					),
			]);
		};
		/** It is over: gone, here and at the door, and was announced once. */
		const goes = async (title, at, shows, times = 1) => {
			await check(`${title}: gone when it is over`, () =>
				both((one) => one.locator('.need strong', { hasText: title }).first().waitFor({ state: 'detached' })).then(
					() => true,
				),
			);
			if (shows)
				await check(`${title}: at the door, too`, () =>
					both((one) => door(one, at).getByText(shows, { exact: true }).first().waitFor({ state: 'detached' })).then(
						() => true,
					),
				);
			await check(`${title}: announced once`, async () => {
				const told = await both((one) => announced(one, title));

				return told.every((n) => n === times) || Promise.reject(new Error(`${told} times`));
			});
		};

		await both((one) => login(one, 'host', '#/now'));
		await both(ready);
		await both((one) => attached(one.getByRole('heading', { name: 'All is well' })));
		await both(listen);
		// two that take ten seconds each: a door that stands open, and one that does not hear of a card
		await tap('unlimited', 'back');
		await door_open('back');
		process.kill(pid.front, 'SIGSTOP');
		await api('POST', `/cards/${site.people.guest.card}/suspend`);
		await check('a door that does not know the newest cards is marked at once', () =>
			both((one) => attached(door(one, 'front').getByText('Cards not up to date'))).then(() => true),
		);
		await check(
			'and said when it lasts',
			async () => (await page.locator('.need strong', { hasText: 'newest cards' }).count()) === 0,
		);
		await comes('back has stood open too long', 'hold it open with event mode', 'back', 'Held open too long');
		await comes('back is propped open', 'Take away what holds it and shut it.', 'back', 'Propped open');
		await comes('front does not know the newest cards', 'lost ones may', 'front', 'Cards not up to date');
		await shot('alarms-open');
		process.kill(pid.front, 'SIGCONT');
		await goes('front does not know the newest cards', 'front', 'Cards not up to date');
		await door_close('back');
		await goes('back is propped open', 'back', 'Propped open');
		await goes('back has stood open too long', 'back', 'Held open too long');

		await door_open('front');
		await comes('front was forced open', 'Go and look who came in.', 'front', 'Forced open');
		await door_close('front');
		await goes('front was forced open', 'front', 'Forced open');
		await line('GPIO16', 1);
		await comes('Somebody opened the housing at front', 'Shutting the housing ends it.', 'front', 'Housing open');
		await line('GPIO16', 0);
		await goes('Somebody opened the housing at front', 'front', 'Housing open');
		await line('GPIO26', 1);
		await comes('Fire at front: it is released', 'Follow the fire plan.', 'front', 'Fire alarm');
		await check('with the way to the roll call', () =>
			both((one) =>
				attached(one.locator('.need', { hasText: 'Fire at front' }).getByRole('link', { name: 'Roll call' })),
			).then(() => true),
		);
		await check('nobody locks it from here, and why', () =>
			both(async (one) => {
				await attached(door(one, 'front').getByText('The fire panel holds it released.'));
				await attached(door(one, 'front').getByRole('button', { name: 'Lock now: front', disabled: true }));
			}).then(() => true),
		);
		await axe('fire');
		await shot('alarms-fire');
		await line('GPIO26', 0);
		await goes('Fire at front: it is released', 'front', 'Fire alarm');

		process.kill(pid.back, 'SIGTERM');
		await comes('back is offline', 'Check its power and network cable.', 'back', 'Offline');
		await check('what cannot be done there says why', () =>
			both((one) => attached(door(one, 'back').getByText('The desk does not reach it now.'))).then(() => true),
		);
		restart('back');
		await goes('back is offline', 'back', 'Offline');
		await both((one) => attached(one.getByRole('heading', { name: 'All is well' })));

		const soon = new Date(Date.now() + 3 * 86400000).toISOString().slice(0, 10),
			{ parttime } = site.people;
		await api('PATCH', `/members/${parttime.member}`, { valid_until: soon });
		await comes('1 membership ends within a week', 'Ask them when they come in:');
		await check('with the way to whom', () =>
			both((one) => attached(one.locator('.need').getByRole('link', { name: parttime.name }))).then(() => true),
		);
		await check('which is nothing urgent', () =>
			both((one) => attached(one.getByRole('heading', { name: 'Nothing urgent' }))).then(() => true),
		);
		await api('PATCH', `/members/${parttime.member}`, { valid_until: null });
		await goes('1 membership ends within a week', '', '', 0);
		await both((one) => attached(one.getByRole('heading', { name: 'All is well' })));
		await api('POST', `/cards/${site.people.guest.card}/resume`);
		problems.push(...phone.problems);
		await phone.context.close();
	},
	{ sizes: ['desktop'] },
);
