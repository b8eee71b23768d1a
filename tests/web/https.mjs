// SPDX-License-Identifier: Apache-2.0
// A real browser at a hub's HTTPS: node tests/web/https.mjs URL PIN PASSWORD HOME
// PIN is the SHA-256 of the certificate's public key: what somebody accepts who compared the fingerprint.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const { chromium } = createRequire(resolve('build/web/none.js'))('playwright-core');
const [url, pin, password, home] = process.argv.slice(2);
let bad = false;

function check(name, good, why = '') {
	console.log(`${good ? 'good' : 'bad'}: ${name} ${good ? '' : why}`);
	bad ||= !good;
}

const browser = await chromium.launchPersistentContext(`${home}/profile`, {
	executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
	chromiumSandbox: false, // it is in a network of its own, and meets nobody but our hub
	args: ['--disable-gpu', `--ignore-certificate-errors-spki-list=${pin}`],
	env: { ...process.env, HOME: home },
	timeout: 60000,
});
const page = await browser.newPage();
const wrong = [];
const stream = page.waitForResponse((response) => response.url().endsWith('/api/v1/stream'), { timeout: 30000 });
page.on('pageerror', (error) => wrong.push(String(error)));
page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
await page.goto(url);
await page.getByLabel('Name', { exact: true }).fill('admin');
await page.getByLabel('Password', { exact: true }).fill(password);
await page.getByRole('button', { name: 'Log in' }).click();
check('events come after the login', (await stream).status() === 200, (await stream).status());
const cookies = JSON.stringify(await browser.cookies());
check(
	'the key is in a cookie for HTTPS alone',
	/"name":"__Host-tapin".*"secure":true.*"sameSite":"Strict"/.test(cookies),
	cookies,
);
const changed = await page.evaluate(async () => {
	const { csrf } = await (await fetch('/api/v1/session')).json();
	const headers = { 'Content-Type': 'application/json', 'X-Tapin-CSRF': csrf };

	return (await fetch('/api/v1/tiers', { method: 'POST', headers, body: '{"name": "B", "hours": "24/7"}' })).status;
});
check('the page may change something', changed === 201, changed);
check('nothing went wrong meanwhile', wrong.length === 0, wrong.join('\n'));
await browser.close();
process.exit(bad ? 1 : 0);
