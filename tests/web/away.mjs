// SPDX-License-Identifier: Apache-2.0
// The hub goes away and comes back: the page says so, stays where it is, and shows what happened meanwhile.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { journey, site } from './browser.mjs';

let pid = Number(process.env.PID_HUB),
	child = null;

async function gone() {
	for (let i = 0; i < 200; i++) {
		try {
			process.kill(pid, 0);
		} catch {
			return;
		}
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`the hub (${pid}) does not end`);
}

const stop = async () => {
	process.kill(pid, 'SIGTERM');
	await (child ? new Promise((done) => child.on('exit', done)) : gone());
};

function start() {
	const log = openSync(`${site.work}/hub.log`, 'a');

	child = spawn(`${site.bin}/tapin-hub`, ['--config', `${site.work}/hub.conf`], { stdio: ['ignore', log, log] });
	pid = child.pid;
}

journey('the hub goes away and comes back', async ({ page, login, check, until, tap, shot, axe, expect_failures }) => {
	expect_failures(
		/net::ERR_CONNECTION_REFUSED/,
		/net::ERR_INCOMPLETE_CHUNKED_ENCODING/,
		/net::ERR_EMPTY_RESPONSE/,
		/net::ERR_CONNECTION_RESET/,
	);
	await login('host', '#/log');
	await check('it is live', () => until(() => page.locator('.live-mark.live').isVisible()));
	await stop();
	await check('it says that it is not', () => until(() => page.getByText('Not live: trying again').isVisible()));
	await page.getByRole('button', { name: 'Export as CSV' }).click();
	await check('what is asked meanwhile is refused kindly', () =>
		until(() => page.getByText('Doors go on working by themselves').first().isVisible()),
	);
	await axe('away');
	await shot('away');
	await tap('unlimited', 'front');
	start();
	await check('it is live again by itself', () => until(() => page.locator('.live-mark.live').isVisible(), 30));
	await check('nobody had to log in again', async () => !(await page.getByLabel('Password').isVisible()));
	await check('what happened meanwhile is there', () =>
		until(async () => {
			const fresh = page.getByRole('button', { name: /new entr/ }); // the door hands it over once the broker has both again

			if (await fresh.isVisible()) await fresh.click();
			return /Let in[\s\S]*Ned Unlimited/.test(await page.locator('.pager tbody').innerText());
		}, 20),
	);
});

journey(
	'and goes for good',
	async ({ check }) => {
		await stop();
		await check('it ended', true);
	},
	{ sizes: ['desktop'] },
);
