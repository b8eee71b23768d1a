// SPDX-License-Identifier: Apache-2.0
// axe-core on a page as it stands: every rule of WCAG 2.2 AA and the best practices, in the light theme; in the
// dark one what colours change.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const COLOURS = ['color-contrast', 'link-in-text-block'];
const source = readFileSync(resolve('build/web/node_modules/axe-core/axe.min.js'), 'utf8');

function words(violation) {
	return violation.nodes
		.slice(0, 5)
		.map(
			(node) =>
				`${violation.id} (${violation.impact}): ${node.target.join(' ')}: ${node.failureSummary.replace(/\s+/g, ' ')}\n  ${node.html.slice(0, 200)}`,
		);
}

/** What is wrong, as text, by theme: the dark one where it was not judged yet at another size, which changes no colour. */
export async function judge(page, themes = ['light', 'dark']) {
	const found = {};

	// evaluated by the debugger: the page's own policy keeps scripts out
	if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
	for (const theme of themes) {
		await page.emulateMedia({ colorScheme: theme });
		const runOnly = theme === 'light' ? { type: 'tag', values: TAGS } : { type: 'rule', values: COLOURS };
		const { violations } = await page.evaluate(
			(only) =>
				window.axe.run(document, {
					runOnly: only,
					resultTypes: ['violations'],
					rules: { 'target-size': { enabled: only.type === 'tag' } },
				}),
			runOnly,
		);
		found[theme] = violations.flatMap(words);
	}
	await page.emulateMedia({ colorScheme: 'light' });
	return found;
}
