// SPDX-License-Identifier: Apache-2.0
// Check-in: which events there are, and the list at the entrance of one of them; guests of members; allowances.
import { t } from '../lib/texts.js';
import { sheet } from '../lib/dom.js';

await sheet(new URL('./checkin.css', import.meta.url));

export const title = (params) => t(params[0] === 'allowance' ? 'checkin.allowance' : params[0] ? 'checkin.list' : 'checkin.title');

/** #/checkin, #/checkin/12 (an event), #/checkin/allowance/17 (a member). */
export async function show(root, context) {
	const [first, second] = context.params;
	const part = first === 'allowance' ? await import('./checkin_allowance.js') : first ? await import('./checkin_event.js') : await import('./checkin_home.js');

	await part.show(root, { ...context, id: first === 'allowance' ? second : first });
}
