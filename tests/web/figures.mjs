// SPDX-License-Identifier: Apache-2.0
// The figures of the page beside the floor of an empty page of the same hub in the same run:
//   figures.mjs RUNS TIMES-OF-THE-FLOOR|MS-ABOVE-IT SECONDS-OF-TAPS    e.g. 5 150ms 20, 3 15x 5
import { browser_end, browser_start, go, page_open, site, tell } from './browser.mjs';
import { definition, load_many, metered, quantile, session_cookies, weigh } from './meter.mjs';
import { hardware } from './site.mjs';

const [runs, bound, seconds] = [Number(process.argv[2] || 3), process.argv[3] || '15x', Number(process.argv[4] || 5)];
const FIRST_VIEW = 100000; // bytes over the wire
const QUIET_S = runs >= 5 ? 5 : 1; // Lighthouse waits for five
const DRAWN = 15; // times the floor: all data, to its last row
const LIVE = ['now', 'log', 'checkin'];
const LETTERS = ['ad', 'kow', 'smi', 'lov', 'ngu', 'pri', 'mem', 'zh', 'hus', 'wei'];

const say = (text) => console.log(`# ${text}`);
const ms = (value) => `${value.toFixed(0).padStart(5)} ms`;

async function empty_path() {
	const text = await (await fetch(`${site.url}/`)).text();

	return `${/\/w\/[^/"]+\//.exec(text)[0]}empty.html`;
}

function print(paths, figures) {
	say(`cold cache, processor slowed four times, median of ${runs}`);
	definition(QUIET_S).forEach(say);
	say(`${''.padEnd(12)} first paint  interactive     drawn   blocked   bytes  requests  heap     shift`);
	for (const [name, path] of Object.entries(paths)) {
		const f = figures[path];
		say(
			`${name.padEnd(12)} ${ms(f.fcp)}     ${ms(f.interactive)}  ${ms(f.usable)}  ${ms(f.blocked)} ${String(f.bytes).padStart(7)} ${String(f.requests).padStart(5)}  ${(
				f.heap / 1e6
			)
				.toFixed(1)
				.padStart(5)} MB  ${f.shift.toFixed(4)}${f.twice.length ? `  asked twice: ${f.twice.join(' ')}` : ''}`,
		);
	}
}

async function loads(browser, cookies) {
	const paths = { 'empty page': await empty_path(), now: '/#/now', members: '/#/members', log: '/#/log' };
	const figures = await load_many(Object.values(paths), cookies, runs, QUIET_S);
	for (const path of Object.values(paths)) Object.assign(figures[path], await weigh(browser, path, cookies));
	const { interactive: floor, usable: floor_drawn } = figures[paths['empty page']],
		first = figures[paths.now];
	const aim = bound.endsWith('ms') ? parseFloat(bound) : 0;

	print(paths, figures);
	tell(first.bytes < FIRST_VIEW, `the first view is under 100 kB: ${first.bytes} bytes`);
	for (const view of ['now', 'members', 'log']) {
		const { interactive, usable } = figures[paths[view]];
		tell(
			interactive <= floor * DRAWN * site.slow,
			`${view} is interactive within ${DRAWN}x of the floor`,
			`${ms(interactive)}, the floor is ${ms(floor)}`,
		);
		// an aim that is not met yet is said, not hidden: README, "What was decided, and what is not promised"
		if (aim)
			say(
				`${view}: ${ms(interactive - floor)} above the floor; aimed at ${aim} ms${interactive - floor > aim ? ': NOT MET' : ''}`,
			);
		tell(
			usable <= floor_drawn * DRAWN * site.slow,
			`${view} is drawn within ${DRAWN}x of the floor`,
			`${ms(usable)}, the floor is ${ms(floor_drawn)}`,
		);
	}
	tell(
		['now', 'members', 'log'].every((view) => figures[paths[view]].shift < 0.1),
		'a view that loads moves little',
		JSON.stringify(figures),
	);
}

/* Everybody comes and goes at both doors. */
async function taps() {
	const { tap } = hardware(site),
		end = Date.now() + seconds * 1000;
	const at = async (door, cards) => {
		for (let i = 0; Date.now() < end; i++) await tap(cards[i % cards.length], door, 150);
	};
	await Promise.all([
		at('front', ['unlimited', 'guest', 'unknown', 'host', 'parttime']),
		at('back', ['host', 'ended', 'unlimited', 'revoked']),
	]);
}

async function shifts(browser, cookies) {
	const pages = [];

	for (const size of ['desktop', 'phone'])
		for (const view of LIVE) {
			const opened = await metered(browser, size, cookies);
			await opened.page.goto(`/#/${view}`);
			await opened.page.waitForFunction(() => window.meter.usable);
			pages.push({ ...opened, name: `${view}, ${size}` });
		}
	for (const { page } of pages) await page.evaluate(() => (window.meter.shifts.length = 0));
	await taps();
	for (const { page, name, context, problems } of pages) {
		const found = await page.evaluate(() => window.meter.shifts);
		tell(
			!found.length,
			`nothing moves in ${seconds} s of taps: ${name}`,
			found.map((one) => `${one.value.toFixed(5)} ${one.what.join('; ')}`).join('\n'),
		);
		tell(!problems.length, `nor goes wrong: ${name}`, problems.join('\n'));
		await context.close();
	}
}

/* From the last key to the last change of the view. */
async function search(page) {
	const took = [];

	await go(page, '#/members');
	const field = page.locator('main input').first();
	for (const letters of [...LETTERS, ...LETTERS]) {
		await field.fill('');
		await page.waitForTimeout(400);
		await page.evaluate(() => {
			window.keyed = { at: 0, last: 0 };
			document.querySelector('main input').addEventListener('input', () => (window.keyed.at = performance.now()));
			window.keyed.look?.disconnect();
			window.keyed.look = new MutationObserver(() => (window.keyed.last = performance.now()));
			window.keyed.look.observe(document.querySelector('main'), {
				subtree: true,
				childList: true,
				characterData: true,
			});
		});
		await field.pressSequentially(letters, { delay: 60 });
		await page.waitForTimeout(900);
		const { at, last } = await page.evaluate(() => ({ at: window.keyed.at, last: window.keyed.last }));
		took.push(last > at ? last - at : 900);
	}
	say(
		`search as you type: from the last key to its rows, p50 ${ms(quantile(took, 0.5))}, p99 ${ms(quantile(took, 0.99))} (${took.length} words)`,
	);
	tell(quantile(took, 0.5) < 500, 'rows follow the last key within half a second');
}

/* A click on "older", to the last of its rows. */
async function paging(page) {
	const took = [];

	await go(page, '#/log');
	const older = page.getByRole('button', { name: /older/i });
	for (let i = 0; i < 20 && (await older.isVisible()); i++) {
		took.push(
			await older.evaluate(
				(button) =>
					new Promise((done, fail) => {
						const rows = () => document.querySelectorAll('.pager tbody tr').length,
							before = rows(),
							start = performance.now();
						// rows come part by part; the button is there again after the last
						const look = new MutationObserver(() => {
							if (rows() > before && !button.disabled) {
								look.disconnect();
								requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
							}
						});
						look.observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true });
						setTimeout(() => fail(new Error(`no more than ${before} rows came in 10 s`)), 10000);
						button.click();
					}),
			),
		);
		await page.waitForTimeout(50);
	}
	const rows = await page.locator('.pager tbody tr').count();
	say(
		`log: ${took.length} pages deep, ${rows} rows; a page p50 ${ms(quantile(took, 0.5))}, worst ${ms(quantile(took, 1))}`,
	);
	tell(took.length === 20 && rows === 21 * 50, 'the log is paged 20 deep', `${took.length} pages, ${rows} rows`);
	const start = Date.now();
	await go(page, '#/log?reason=card_lost');
	const found = await page.locator('.pager tbody tr').count();
	say(`log: the rare reason card_lost, ${found} rows after ${ms(Date.now() - start)}`);
	tell(found > 0 && found < 100, 'a rare reason is found alone', `${found} rows`);
}

const browser = await browser_start();
const cookies = await session_cookies(browser, 'admin');

for (const part of [loads, shifts]) await part(browser, cookies).catch((error) => tell(false, part.name, error.stack));
if (runs >= 5) {
	const { context, page, problems } = await page_open(browser, 'desktop');
	await context.addCookies(cookies);
	await context.addInitScript(() => {
		try {
			localStorage.setItem('tapin.in', '1');
		} catch {
			/* about:blank */
		}
	});
	await page.goto('/#/now');
	await page.locator('.view[data-ready="1"]').waitFor();
	for (const part of [search, paging]) await part(page).catch((error) => tell(false, part.name, error.stack));
	tell(!problems.length, 'nothing went wrong in the browser', problems.join('\n'));
}
await browser_end(browser);
