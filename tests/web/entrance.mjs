// SPDX-License-Identifier: Apache-2.0
// What journeys at the entrance share.

/** So many hours from now. */
export const utc = (hours) => new Date(Date.now() + hours * 3600000).toISOString().replace(/\.\d+/, '');
/** Somebody's row of a list. */
export const row = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}`) });
export const pressed = async (page, name) => (await row(page, name).getAttribute('aria-pressed')) === 'true';
/** What was said last about a row. */
export const said = (page) => page.locator('.slot .said').innerText();

/** An event of now, with a list, by the API. */
export async function party(api, what, names, more = {}) {
	const event = (await api('POST', '/events', { title: what, door: 'front', starts: utc(-0.5), ends: utc(2), ...more }))
		.body;

	for (const name of names) await api('POST', `/events/${event.id}/guests`, typeof name === 'string' ? { name } : name);
	return event.id;
}
