// SPDX-License-Identifier: Apache-2.0
// How fast a page is there, as its browser sees it: cold cache, a processor slowed down, no network to wait for.
import { PATIENCE_MS, page_open, site } from './browser.mjs';
import { pipe_page, pipe_start } from './pipe.mjs';

/** What is printed beside the figures. */
export const definition = (quiet_s) => [
	'interactive (as Lighthouse): the first contentful paint, or where that is later the end of DOMContentLoaded or of the last task of more than',
	`  50 ms (as slowed) before ${quiet_s} s without such a task and with no more than two requests under way (the open stream is one)`,
	'drawn: all of the view is there with its data, two frames were painted since, its first control has the focus',
];

/* In the page from its first moment; empty.html and every view say by data-ready that they are drawn. */
function install() {
	const meter = (window.meter = { shifts: [], long: [], fcp: 0, ready: 0, usable: 0 });
	const each = (type, fn) =>
		new PerformanceObserver((list) => list.getEntries().forEach(fn)).observe({ type, buffered: true });
	const usable = () => {
		document.querySelector('main :is(input, button, a, select, [tabindex]), main')?.focus();
		meter.usable = performance.now();
	};
	/* From when on it was interactive, and since when it was quiet. */
	meter.calm = () => {
		const [load] = performance.getEntriesByType('navigation'),
			all = performance.getEntriesByType('resource'),
			stream = 1;
		const busy = all
			.map(({ responseEnd }) => responseEnd)
			.filter((end) => all.filter((one) => one.startTime < end && one.responseEnd >= end).length + stream > 2);
		const from = Math.max(meter.fcp, load.domContentLoadedEventEnd, ...meter.long.map(([at, took]) => at + took));

		return { from, since: Math.max(from, ...busy), now: performance.now() };
	};
	const look = new MutationObserver(() => {
		if (!document.querySelector('[data-ready="1"]')) return;
		look.disconnect();
		meter.ready = performance.now();
		requestAnimationFrame(() => requestAnimationFrame(usable));
	});

	try {
		localStorage.setItem('tapin.in', '1'); // the cookie is there already
	} catch {
		return; // about:blank
	}
	each(
		'layout-shift',
		(entry) =>
			!entry.hadRecentInput &&
			meter.shifts.push({
				at: entry.startTime,
				value: entry.value,
				what: entry.sources.map(
					({ node, previousRect, currentRect }) =>
						`${node?.nodeName ?? '?'}.${node?.className ?? ''} "${node?.textContent?.slice(0, 30) ?? ''}" from ${
							previousRect.x
						},${previousRect.y} to ${currentRect.x},${currentRect.y}`,
				),
			}),
	);
	each('longtask', (entry) => meter.long.push([entry.startTime, entry.duration]));
	each('paint', (entry) => {
		if (entry.name === 'first-contentful-paint') meter.fcp = entry.startTime;
	});
	look.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-ready'] });
}

/** A page with the meter and the cookies of a session, on no page yet. */
export async function metered(browser, size, cookies) {
	const opened = await page_open(browser, size);

	await opened.context.addCookies(cookies);
	await opened.context.addInitScript(install);
	opened.cdp = await opened.context.newCDPSession(opened.page);
	return opened;
}

async function heap(cdp) {
	await cdp.send('HeapProfiler.collectGarbage');
	const { usedSize } = await cdp.send('Runtime.getHeapUsage');

	return usedSize;
}

const sum = (values) => values.reduce((all, value) => all + value, 0);
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** One cold load as the network sees it: {bytes, requests, heap, twice}; fails where anything goes wrong. */
export async function weigh(browser, path, cookies) {
	const { context, page, cdp, problems } = await metered(browser, 'desktop', cookies);
	const asked = [];
	let bytes = 0;

	cdp.on('Network.requestWillBeSent', ({ request }) => asked.push(request.url));
	cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
	await cdp.send('Network.enable');
	await page.goto(path);
	await page.waitForFunction(() => window.meter?.usable);
	const figures = {
		bytes,
		requests: asked.length,
		heap: await heap(cdp),
		twice: asked.filter((url, i) => asked.indexOf(url) !== i).map((url) => url.slice(site.url.length)),
	};

	await context.close();
	if (problems.length) throw new Error(`${path}: ${problems.join('\n')}`);
	return figures;
}

/** One cold load with the processor slowed four times: {fcp, interactive, usable, blocked, shift}. */
async function load_once(browser, path, cookies, quiet_s) {
	const page = await pipe_page(browser, { cookies, first: `(${install})()`, rate: 4 });
	let meter = null,
		calm = null;
	const there = () => calm && calm.now - calm.since >= quiet_s * 1000;

	await page.send('Page.navigate', { url: site.url + path });
	for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !there();) {
		await new Promise((done) => setTimeout(done, 500));
		meter = await page.evaluate('window.meter');
		calm = meter?.usable ? await page.evaluate('window.meter.calm()') : null;
	}
	await page.close();
	if (!there()) throw new Error(`${path} is not there and quiet after ${PATIENCE_MS} ms`);
	return {
		fcp: meter.fcp,
		interactive: calm.from,
		usable: meter.usable,
		shift: sum(meter.shifts.map(({ value }) => value)),
		blocked: sum(meter.long.filter(([at]) => at < meter.usable).map(([, took]) => took - 50)),
	};
}

/** The median of each figure over so many loads of each path, taken in turn: {path: figures}. */
export async function load_many(paths, cookies, runs, quiet_s) {
	const browser = pipe_start(),
		all = Object.fromEntries(paths.map((path) => [path, []]));

	try {
		await load_once(browser, paths[0], cookies, 1); // the browser's own first page
		for (let run = 0; run < runs; run++)
			for (const path of paths) all[path].push(await load_once(browser, path, cookies, quiet_s));
	} finally {
		await browser.end();
	}
	return Object.fromEntries(
		paths.map((path) => [
			path,
			Object.fromEntries(Object.keys(all[path][0]).map((key) => [key, median(all[path].map((one) => one[key]))])),
		]),
	);
}

/** p of sorted numbers. */
export const quantile = (values, p) =>
	values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))];

/** The cookies of a session of a role, without a page. */
export async function session_cookies(browser, role) {
	const context = await browser.newContext();
	const answer = await context.request.post(`${site.url}/api/v1/session`, {
		data: { ...site.roles[role], cookie: true },
	});

	if (answer.status() !== 201) throw new Error(`login: ${answer.status()} ${await answer.text()}`);
	const cookies = await context.cookies();
	await context.close();
	return cookies;
}
