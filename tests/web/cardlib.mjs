// SPDX-License-Identifier: Apache-2.0
// What journeys about cards share.
import { until } from './browser.mjs';

export const said = (scope, text) => scope.getByText(text).first();
export const button = (scope, name) => scope.getByRole('button', { name, exact: true });
export const undo = (page) => page.locator('.toast').last().getByRole('button', { name: 'Undo' }).click();

/** What the newest tap at a door came to, once there is one after `above`. */
async function verdict(api, door, above) {
	const found = await until(async () => {
		const { body } = await api('GET', `/log?door=${door}&kind=tap&limit=1`);

		return body.items[0]?.id > above && body.items[0];
	});

	return `${found.verdict} ${found.reason ?? ''}`.trim();
}
const above = async (api) => (await api('GET', '/log?limit=1')).body.above;

/** Taps and says what became of it. */
export async function tapped({ api, tap }, card, door) {
	const from = await above(api);

	await tap(card, door);
	return verdict(api, door, from);
}

/** Holds it there, and takes it away for long enough to count as away. */
export async function held({ tap, site }, card, door) {
	await tap(card, door);
	await new Promise((done) => setTimeout(done, 600 * site.slow));
}

/** The unknown card is nobody's again, for the next. */
export async function free(api) {
	for (const card of (await api('GET', '/cards?limit=200')).body.items.filter(
		(one) => one.label.startsWith('test fob') && one.member,
	))
		await api('POST', `/cards/${card.id}/return`);
}
