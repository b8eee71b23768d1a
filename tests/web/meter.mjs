// SPDX-License-Identifier: Apache-2.0
// How fast a page is there, as its browser sees it: cold cache, a processor slowed down, no network to wait for.
import { page_open, site } from './browser.mjs';

/** What is printed beside the figures. */
export const DEFINITION = 'interactive: the view is drawn with its data, two frames were painted since, its first control has the focus';

/* In the page from its first moment; empty.html and every view say by data-ready that they are drawn. */
function install() {
	const meter = window.meter = { shifts: [], long: [], fcp: 0, ready: 0, usable: 0 };
	const each = (type, fn) => new PerformanceObserver((list) => list.getEntries().forEach(fn)).observe({ type, buffered: true });
	const usable = () => {
		document.querySelector('main :is(input, button, a, select, [tabindex]), main')?.focus();
		meter.usable = performance.now();
	};
	const look = new MutationObserver(() => {
		if (!document.querySelector('[data-ready="1"]'))
			return;
		look.disconnect();
		meter.ready = performance.now();
		requestAnimationFrame(() => requestAnimationFrame(usable));
	});

	try {
		localStorage.setItem('tapin.in', '1'); // the cookie is there already
	} catch {
		return; // about:blank
	}
	each('layout-shift', (entry) => !entry.hadRecentInput && meter.shifts.push({ at: entry.startTime, value: entry.value,
		what: entry.sources.map(({ node, previousRect, currentRect }) => `${node?.nodeName ?? '?'}.${node?.className ?? ''} "${node?.textContent?.slice(0, 30) ?? ''}" from ${
			previousRect.x},${previousRect.y} to ${currentRect.x},${currentRect.y}`) }));
	each('longtask', (entry) => meter.long.push([entry.startTime, entry.duration]));
	each('paint', (entry) => { if (entry.name === 'first-contentful-paint') meter.fcp = entry.startTime; });
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

/** One cold load of a path with the processor slowed so many times: {fcp, ready, usable, blocked, bytes, requests, heap, shift}. */
export async function load_once(browser, path, cookies, times = 4) {
	const { context, page, cdp, problems } = await metered(browser, 'desktop', cookies);
	let bytes = 0, requests = 0;

	cdp.on('Network.requestWillBeSent', () => requests++);
	cdp.on('Network.loadingFinished', ({ encodedDataLength }) => bytes += encodedDataLength);
	await cdp.send('Network.enable');
	await cdp.send('Emulation.setCPUThrottlingRate', { rate: times });
	await page.goto(path);
	await page.waitForFunction(() => window.meter?.usable);
	const meter = await page.evaluate(() => window.meter);
	const figures = { fcp: meter.fcp, ready: meter.ready, usable: meter.usable, bytes, requests, heap: await heap(cdp),
		blocked: meter.long.filter(([at]) => at < meter.usable).reduce((sum, [, took]) => sum + took - 50, 0),
		shift: meter.shifts.reduce((sum, { value }) => sum + value, 0) };

	await context.close();
	if (problems.length)
		throw new Error(problems.join('\n'));
	return figures;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The median of each figure over so many loads of each path, taken in turn: {path: figures}. */
export async function load_many(browser, paths, cookies, runs) {
	const all = Object.fromEntries(paths.map((path) => [path, []]));

	await load_once(browser, paths[0], cookies); // the browser's own first page
	for (let run = 0; run < runs; run++)
		for (const path of paths)
			all[path].push(await load_once(browser, path, cookies));
	return Object.fromEntries(paths.map((path) => [path, Object.fromEntries(Object.keys(all[path][0])
		.map((key) => [key, median(all[path].map((one) => one[key]))]))]));
}

/** p of sorted numbers. */
export const quantile = (values, p) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))];

/** The cookies of a session of a role, without a page. */
export async function session_cookies(browser, role) {
	const context = await browser.newContext();
	const answer = await context.request.post(`${site.url}/api/v1/session`, { data: { ...site.roles[role], cookie: true } });

	if (answer.status() !== 201)
		throw new Error(`login: ${answer.status()} ${await answer.text()}`);
	const cookies = await context.cookies();
	await context.close();
	return cookies;
}
