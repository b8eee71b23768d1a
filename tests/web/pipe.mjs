// SPDX-License-Identifier: Apache-2.0
// The browser by its own protocol over a pipe, for the figures: playwright listens to each request and message of a
// page, which costs the page a third of its time.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { UNWANTED, site } from './browser.mjs';

/** Starts Chromium; answers { send(method, params, session), end() }. */
export function pipe_start() {
	const profile = mkdtempSync(`${site.work}/profile.`);
	const child = spawn(
		process.env.CHROMIUM || '/usr/bin/chromium',
		[
			'--headless',
			'--remote-debugging-pipe',
			`--user-data-dir=${profile}`,
			'--no-first-run',
			'--disable-gpu',
			`--disable-features=${UNWANTED}`,
			'--disable-background-networking',
			'--disable-extensions',
			'--disable-sync',
			'--mute-audio',
			'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
			...(process.getuid() === 0 ? ['--no-sandbox'] : []),
			'about:blank',
		],
		{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: `${site.work}/home` } },
	);
	const waiting = new Map();
	let next = 0,
		rest = '';

	child.stdio[4].setEncoding('utf8').on('data', (part) => {
		const messages = (rest + part).split('\0');
		rest = messages.pop();
		for (const message of messages.map((one) => JSON.parse(one))) {
			const { done, fail } = waiting.get(message.id) ?? {};
			waiting.delete(message.id);
			message.error ? fail?.(new Error(message.error.message)) : done?.(message.result);
		}
	});
	return {
		send: (method, params = {}, sessionId = undefined) =>
			new Promise((done, fail) => {
				waiting.set(++next, { done, fail });
				child.stdio[3].write(`${JSON.stringify({ id: next, method, params, sessionId })}\0`);
			}),
		async end() {
			const gone = new Promise((done) => child.on('exit', done));
			this.send('Browser.close').catch(() => {});
			await gone;
		},
	};
}

/** A page in a context of its own with these cookies, a script before all others, the processor slowed: { evaluate, close }. */
export async function pipe_page(browser, { cookies, first, rate, width = 1366, height = 768 }) {
	const { browserContextId } = await browser.send('Target.createBrowserContext');
	const { targetId } = await browser.send('Target.createTarget', {
		url: 'about:blank',
		browserContextId,
		width,
		height,
	});
	const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
	const send = (method, params) => browser.send(method, params, sessionId);

	await browser.send('Storage.setCookies', {
		browserContextId,
		cookies: cookies.map(({ name, value, domain, path, httpOnly, sameSite }) => ({
			name,
			value,
			domain,
			path,
			httpOnly,
			sameSite,
		})),
	});
	await send('Page.enable');
	await send('Page.addScriptToEvaluateOnNewDocument', { source: first });
	await send('Emulation.setCPUThrottlingRate', { rate });
	return {
		send,
		evaluate: async (expression) =>
			(await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })).result.value,
		close: () => browser.send('Target.disposeBrowserContext', { browserContextId }),
	};
}
