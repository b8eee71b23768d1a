// SPDX-License-Identifier: Apache-2.0
// A real browser for the tests of the page. A file of journeys imports { journey } and says what a person does:
//   journey('a host logs in', async ({ page, login, check }) => { await login('host'); … });
// Each is run twice, at the size of a desk and of a phone, in a fresh context each; TAP on standard output.
// Whatever the journey looks at, each of these is a failure: an error or a warning on the console, a violation of
// the page's policy, an exception, a dialog, a request to another origin, an answer of 400 and above or a request
// without one that was not expected by expect_failures(PATTERN of "METHOD /path 404"). What a journey is given:
//   page (playwright's), phone (true at that size), site (site.json), go(ROUTE), login(ROLE, ROUTE): types name and
//   password once, and comes in by the session of before while that lasts
//   check(what, locator that is seen, or function, why not), until(function), axe(view), fits(view), shot(name)
//   api(METHOD, PATH, body) as root; tap(CARD, DOOR), enter(CARD, DOOR), press_exit, door_open, door_close, unplug, heal(DOOR), strike(DOOR)
// What is checked is waited for: check() and until() ask again and again, since a busy machine draws late. A value is
// for what stays as it was read (a file, an answer of the API, a tap); a promise is no more than that.
// SIZES=phone runs one size alone, SHOTS=FOLDER takes the pictures there, KEEP=FOLDER keeps the site's files.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { judge } from './axe.mjs';
import { hardware, over_socket } from './site.mjs';

const require = createRequire(resolve('build/web/none.js'));
const { chromium } = require('playwright-core');

/** What tests/web/weblib.sh says of the site. */
export const site = JSON.parse(readFileSync(process.env.SITE, 'utf8'));
/** A step of a person may take this long, on a machine that is very busy. */
export const PATIENCE_MS = 30000 * site.slow;

const SIZES = {
	desktop: { viewport: { width: 1366, height: 768 } },
	phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};
const shots = process.env.SHOTS || 'build/web/shots';
/** What draws the browser's own address field takes as long as a page; and playwright's list, which ours replaces. */
export const UNWANTED = [
	...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup', 'WebUIReloadButton', 'WebUIToolbar'],
	...['WebUISplitTabsButton', 'WebUIBackForwardButton', 'WebUILocationBar', 'WebUIAvatarButton', 'InitialWebUI'],
	...['PreloadTopChromeWebUI'],
	...[
		'AvoidUnnecessaryBeforeUnloadCheckSync',
		'BoundaryEventDispatchTracksNodeRemoval',
		'DestroyProfileOnBrowserClose',
	],
	...['DialMediaRouteProvider', 'GlobalMediaControls', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
	...['ThirdPartyStoragePartitioning', 'Translate', 'RenderDocument', 'OptimizationHints'],
];
const wanted = (process.env.SIZES || 'desktop,phone').split(',');

/** The day so many days from now, as a field takes it. */
export const ahead = (days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
/** Whose December is still to come. */
export const YEAR = new Date().getUTCFullYear() + 1;

let count = Number(process.env.TAP_FROM || 0);
let failed = false;
const waiting = [];

/** An error for a person: without colours, without the frames of libraries. */
const words = (error) =>
	String(error.stack || error)
		.replace(/\x1b\[\d+m/g, '')
		.split('\n')
		.filter((line) => !/^\s+at /.test(line) || line.includes('/tests/web/'))
		.join('\n');

/** One line of TAP; what is said of a failure goes below it. */
export function tell(ok, name, why = '') {
	console.log(`${ok ? 'ok' : 'not ok'} ${++count} - ${name}`);
	if (ok) return;
	failed = true;
	for (const line of String(why).split('\n').slice(0, 60)) console.log(`# ${line}`);
}

/** The system's own Chromium, which resolves no name: a page that asks elsewhere is found out. */
export async function browser_start(args = []) {
	const options = {
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		chromiumSandbox: process.getuid() !== 0,
		args: [
			'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
			'--disable-gpu',
			`--disable-features=${UNWANTED}`,
			...args,
		],
		env: { ...process.env, HOME: `${site.work}/home` },
		timeout: 30000 * site.slow,
	};
	try {
		return await chromium.launch(options);
	} catch (error) {
		if (!options.chromiumSandbox) throw error;
		return chromium.launch({ ...options, chromiumSandbox: false }); // no user namespaces here
	}
}

/** Ends a file that does without journey(). */
export async function browser_end(browser) {
	await browser.close();
	process.exit(failed ? 1 : 0);
}

/** Keeps what goes wrong on a page in problems. */
function watch(page, problems, expected) {
	const ours = (url) => url.startsWith(`${site.url}/`) || /^(blob|data|about):/.test(url);

	page.on('console', (message) => {
		// said again below, with its method and its status
		if (/^Failed to load resource/.test(message.text())) return;
		if (['error', 'warning'].includes(message.type()))
			problems.push(`console: ${message.text()} (${message.location().url})`);
	});
	page.on('pageerror', (error) => problems.push(`exception: ${error.stack || error}`));
	page.on('dialog', (dialog) => {
		problems.push(`dialog: ${dialog.message()}`);
		dialog.dismiss().catch(() => {});
	});
	page.on('request', (request) => {
		if (!ours(request.url())) problems.push(`another origin is asked: ${request.url()}`);
	});
	const failure = (request, what) => {
		const said = `${request.method()} ${request.url().slice(site.url.length)} ${what}`;
		if (!expected.some((pattern) => pattern.test(said))) problems.push(`failed: ${said}`);
	};
	page.on('response', (response) => {
		if (response.status() >= 400) failure(response.request(), response.status());
	});
	page.on('requestfailed', (request) => {
		// the page's own abort, or its end
		if (request.failure()?.errorText !== 'net::ERR_ABORTED') failure(request, request.failure()?.errorText);
	});
}

/** A bound of time is of a machine that has nothing else to do: here it is as many times longer as others want the machine. */
export const stretch = () => site.slow * Math.max(1, loadavg()[0]);

/** Asks until the answer is good and answers it; what is thrown meanwhile is no answer yet. */
export async function until(condition) {
	for (const end = Date.now() + PATIENCE_MS; ; await new Promise((done) => setTimeout(done, 50))) {
		let value = undefined,
			thrown = null;

		try {
			value = await condition();
		} catch (error) {
			thrown = error;
		}
		if (value) return value;
		if (Date.now() > end) throw thrown ?? new Error(`it is still ${value}: ${condition}`);
	}
}

async function context_open(browser, size, options = {}) {
	const context = await browser.newContext({
		...SIZES[size],
		baseURL: site.url,
		reducedMotion: 'reduce',
		locale: 'en-GB',
		timezoneId: 'Pacific/Auckland',
		acceptDownloads: true,
		...options,
	});

	context.setDefaultTimeout(PATIENCE_MS);
	await context.addInitScript(() =>
		addEventListener('securitypolicyviolation', (event) =>
			console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
		),
	);
	return context;
}

/** A context of one size with its page, watched. */
export async function page_open(browser, size, options = {}, kept = null) {
	const context = kept ?? (await context_open(browser, size, options)),
		page = await context.newPage();
	const problems = [],
		expected = [];

	watch(page, problems, expected);
	return { context, page, problems, expected };
}

const judged = new Set(); // by axe, at one size

/** What a journey is given, beside its page. */
function tools(opened, size, name) {
	const { page } = opened;
	const label = (what) => `${size}: ${name}: ${what}`;
	const check = async (what, condition, why = '') => {
		try {
			if (condition?.isVisible) await until(() => condition.isVisible());
			else if (typeof condition === 'function') await until(condition);
			else if (!(await condition)) throw new Error(why || `it is ${await condition}`);
			tell(true, label(what));
		} catch (error) {
			tell(false, label(what), words(error));
		}
	};
	return {
		...opened,
		...hardware(site),
		site,
		size,
		check,
		until,
		phone: size === 'phone',
		api: (method, path, body) => over_socket(`${site.work}/hub.sock`, method, path, body),
		expect_failures: (...patterns) => opened.expected.push(...patterns),
		axe: async (view) => {
			const themes = judged.has(name + view) ? ['light'] : ['light', 'dark'];

			judged.add(name + view);
			for (const [theme, found] of Object.entries(await judge(page, themes)))
				tell(!found.length, label(`axe, ${view}, ${theme}`), found.join('\n'));
		},
		axe_found: async () => Object.values(await judge(page)).flat(),
		shot: async (what) => {
			if (!process.env.SHOTS) return;
			mkdirSync(shots, { recursive: true });
			await page.screenshot({ path: `${shots}/${what}-${size}.png`, fullPage: true });
		},
		fits: async (view) => {
			const over = await too_wide(page);
			tell(over <= 0, label(`${view} is no wider than the screen`), `${over} px too wide: ${await widest(page)}`);
		},
		login: (role, route) => login(page, role, route),
		go: (route) => go(page, route),
	};
}

/** How many pixels the page is wider than its window. */
export const too_wide = (page) =>
	page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What reaches out of it, for whoever mends that. */
const widest = (page) =>
	page.evaluate(() =>
		[...document.querySelectorAll('body *')]
			.filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
			.slice(-3)
			.map((one) => `${one.tagName.toLowerCase()}.${one.className} ${one.textContent.slice(0, 40)}`)
			.join('; '),
	);

const drawn = (page) => page.locator('.view[data-ready="1"]').waitFor();

/** Goes to a route of the page ("#/members/17") as its links do, and waits until the view is there with its data. */
export async function go(page, route) {
	await page.evaluate((to) => {
		document.querySelector('.view')?.removeAttribute('data-ready');
		if (location.hash === to) dispatchEvent(new Event('hashchange'));
		else location.hash = to;
	}, route);
	await drawn(page);
}

const sessions = {}; // the cookies of each role's last login

/** Comes in by the session that the role has already; false where it has none, or that was ended. */
async function come_in(page, role, route) {
	const context = page.context();

	if (!sessions[role]) return false;
	await context.addCookies(sessions[role]);
	if ((await context.request.get('/api/v1/session')).status() !== 200) {
		await context.clearCookies();
		return false;
	}
	await page.addInitScript(() => {
		if (!location.protocol.startsWith('http') || sessionStorage.getItem('came_in')) return;
		sessionStorage.setItem('came_in', '1'); // once: who is locked out then is out
		localStorage.setItem('tapin.in', '1');
	});
	await page.goto(`/${route}`);
	await drawn(page);
	return true;
}

/** Logs in as a person does, the first time; with a route of the page, comes in there. */
export async function login(page, role, route = '') {
	const { operator, password } = site.roles[role];

	if (await come_in(page, role, route)) return;
	await page.goto(`/${route}`);
	await page.locator('input[autocomplete=username]').fill(operator);
	await page.locator('input[autocomplete=current-password]').fill(password);
	await page.locator('input[autocomplete=current-password]').press('Enter');
	await drawn(page);
	sessions[role] = await page.context().cookies();
}

const contexts = {}; // of each size: the page's files are fetched and compiled once

/* As if nobody had been there. */
async function leave(page) {
	const context = page.context();

	await context.setOffline(false);
	await page.evaluate(() => localStorage.clear()).catch(() => {}); // it may never have been on the page
	for (const one of context.pages()) await one.close();
	await context.clearCookies();
}

async function run_one(browser, size, { name, run, options }) {
	const kept = options.context ? null : (contexts[size] ??= await context_open(browser, size));
	const opened = await page_open(browser, size, options.context, kept);
	let clean = true;

	try {
		await run(tools(opened, size, name));
	} catch (error) {
		clean = false;
		mkdirSync(shots, { recursive: true });
		await opened.page.screenshot({ path: `${shots}/failed-${size}.png` }).catch(() => {});
		tell(false, `${size}: ${name}`, `${words(error)}\nsee ${shots}/failed-${size}.png`);
	}
	if (clean || opened.problems.length)
		tell(!opened.problems.length, `${size}: ${name}: nothing went wrong in the browser`, opened.problems.join('\n'));
	await (kept ? leave(opened.page) : opened.context.close());
}

async function run_all() {
	const browser = await browser_start();

	for (const one of waiting) for (const size of one.options.sizes || wanted) await run_one(browser, size, one);
	await browser_end(browser);
}

/**
 * A journey of this file; options: sizes (both), context (more of playwright's newContext, or {} for one of its own: a
 * clock of the page's is the context's).
 * @param {string} name @param {(tools: object) => Promise<void>} run @param {object} [options]
 */
export function journey(name, run, options = {}) {
	if (!waiting.length)
		setImmediate(() =>
			run_all().catch((error) => {
				tell(false, 'the browser', words(error));
				process.exit(1);
			}),
		);
	waiting.push({ name, run, options });
}
