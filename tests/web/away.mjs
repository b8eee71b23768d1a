// SPDX-License-Identifier: Apache-2.0
// The hub goes away and comes back: the page says so, stays where it is, and shows what happened meanwhile.
import { spawn } from 'node:child_process';
import { copyFileSync, openSync } from 'node:fs';
import { journey, site, until } from './browser.mjs';

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

const needs = (page, text) => page.locator('.need').filter({ hasText: text });

// anew: who was here before may have used up the tries to log in that a machine has
await stop();
start();
await until(() =>
	fetch(site.url).then(
		() => true,
		() => false,
	),
);

journey('a certificate about to end', async ({ page, login, check, axe, shot, fits }) => {
	await login('host', '#/now');
	await check('is said, with its last day and what to do', () =>
		needs(page, /The page’s certificate is good until \w+,? \d+ \w+ \d{4}.*An admin renews it/)
			.waitFor()
			.then(() => true),
	);
	await check('as something that needs somebody', () =>
		page
			.getByRole('heading', { name: 'Needs attention (1)' })
			.waitFor()
			.then(() => true),
	);
	await axe('a certificate about to end');
	await fits('a certificate about to end');
	await shot('away-certificate');
});

journey('the hub goes away and comes back', async (given) => {
	const { page, phone, context, login, check, until, tap, shot, axe, expect_failures } = given;
	const desk = await context.newPage();

	expect_failures(
		/net::ERR_CONNECTION_REFUSED/,
		/net::ERR_INCOMPLETE_CHUNKED_ENCODING/,
		/net::ERR_EMPTY_RESPONSE/,
		/net::ERR_CONNECTION_RESET/,
	);
	await login('host', '#/log');
	await check('it is live', page.locator('.live-mark.live'));
	await desk.goto('/#/now');
	await desk.locator('.view[data-ready="1"]').waitFor();
	if (!phone) await needs(desk, 'certificate').waitFor();
	await stop();
	await check('it says that it is not', page.getByText('Not live: trying again'));
	await page.getByRole('button', { name: 'Export as CSV' }).click();
	await check('what is asked meanwhile is refused kindly', page.getByText('Doors go on working by themselves').first());
	await axe('away');
	await shot('away');
	await tap('unlimited', 'front');
	// renewed in time; and then, not
	copyFileSync(`${site.work}/${phone ? 'over' : 'fresh'}.pem`, `${site.work}/https.pem`);
	start();
	await check('it is live again by itself', page.locator('.live-mark.live'));
	await check('nobody had to log in again', (await page.getByLabel('Password').count()) === 0);
	await check(
		phone ? 'a certificate that is over is said' : 'a renewed certificate is nothing to say',
		phone
			? needs(desk, /The page’s certificate ended on .*browsers warn/)
			: async () => (await needs(desk, 'certificate').count()) === 0,
	);
	await check('what happened meanwhile is there', async () => {
		const fresh = page.getByRole('button', { name: /new entr/ }); // the door hands it over once the broker has both again

		if (await fresh.isVisible()) await fresh.click();
		return /Let in[\s\S]*Ned Unlimited/.test(await page.locator('.pager tbody').innerText());
	});
});

journey(
	'and goes for good',
	async ({ check }) => {
		await stop();
		await check('it ended', true);
	},
	{ sizes: ['desktop'] },
);
