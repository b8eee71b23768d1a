// SPDX-License-Identifier: Apache-2.0
// What journeys at the front desk share.

/** A door's card. */
export const door = (page, name) => page.locator(`.door[data-door=${name}]`);

/** The page is live. */
export const ready = (page) => page.locator('.live-mark.live').waitFor();

/** Before the page is opened: counts what moved without a hand. Answers a function: how much; with true, what. */
export async function quiet(page) {
	await page.addInitScript(() => {
		globalThis.moved = [];
		new PerformanceObserver((list) =>
			list
				.getEntries()
				.filter((entry) => !entry.hadRecentInput)
				.forEach((entry) => {
					// until the view is there it builds up
					if (document.querySelector('.view[data-ready="1"]') && document.querySelector('.live-mark.live'))
						globalThis.moved.push([
							entry.value,
							entry.sources
								.map((one) => `${one.node?.className || one.node?.nodeName} ${one.previousRect.y}→${one.currentRect.y}`)
								.join(', '),
						]);
				}),
		).observe({ type: 'layout-shift', buffered: true });
	});
	return (words = false) =>
		page.evaluate(
			(tell) => (tell ? JSON.stringify(globalThis.moved) : globalThis.moved.reduce((sum, [value]) => sum + value, 0)),
			words,
		);
}
