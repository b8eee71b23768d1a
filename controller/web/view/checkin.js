// SPDX-License-Identifier: Apache-2.0
// Check-in: which events there are, and the list at the entrance of one of them; guests of members; allowances; who is in.
import { t } from '../lib/texts.js';
import { sheet } from '../lib/dom.js';

await sheet(new URL('./checkin.css', import.meta.url));

export const title = ([first]) =>
	t(
		first === 'allowance'
			? 'checkin.allowance'
			: first === 'inside'
				? 'inside.title'
				: first
					? 'checkin.list'
					: 'checkin.title',
	);

function part(first) {
	if (first === 'allowance') return import('./checkin_allowance.js');
	if (first === 'inside') return import('./checkin_inside.js');
	return first ? import('./checkin_event.js') : import('./checkin_home.js');
}

/** #/checkin, #/checkin/12 (an event), #/checkin/allowance/17 (a member), #/checkin/inside. */
export async function show(root, context) {
	const [first, second] = context.params;

	await (await part(first)).show(root, { ...context, id: first === 'allowance' ? second : first });
}
