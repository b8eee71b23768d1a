// SPDX-License-Identifier: Apache-2.0
// What somebody else changed meanwhile (412): said kindly, loaded again by a button, and nothing that was typed is lost or
// put over theirs without a look. Loaded when it happens.
import { h, replace, setText } from './dom.js';
import { icon } from './icon.js';
import { t } from './texts.js';
import { sentence, toast } from './dialog.js';
import { dateText } from './time.js';

/** Outside of forms: a toast whose button draws the view anew, with what the hub has now. */
export const tellStale = () =>
	toast(t('stale.said'), {
		kind: 'bad',
		does: { text: t('stale.load'), run: () => dispatchEvent(new HashChangeEvent('hashchange')) },
	});

/** A value as its field shows it. */
function valueText(item, value) {
	if (value === null || value === '') return t('stale.empty');
	if (typeof value === 'boolean') return t(value ? 'stale.yes' : 'stale.no');
	if (item.input.options) return [...item.input.options].find((one) => one.value === String(value))?.text ?? value;
	return item.input.type === 'date' ? dateText(value) : value;
}

/** One field: what nobody typed here becomes theirs, what both changed stays as typed with theirs beside it. */
function merge(item, theirs) {
	if (item.was === theirs) return false;
	const typed = item.read();

	if (typed === item.was) item.write(theirs);
	if (typed !== theirs)
		item.say(
			typed === item.was
				? t('stale.taken', { value: valueText(item, item.was) })
				: t('stale.theirs', { value: valueText(item, theirs) }),
		);
	item.was = theirs;
	return typed !== theirs;
}

/** In a form: said shows it with the button; fresh() → name → value, as the fields read it now. */
export function offerFresh(said, fields, fresh) {
	const button = h('button', { type: 'button' }, icon('undo'), t('stale.load'));

	button.addEventListener('click', async () => {
		button.disabled = true;
		try {
			const now = await fresh();
			const marked = fields.filter((item) => item.name in now && merge(item, now[item.name]));

			said.classList.remove('fault');
			setText(said, t(marked.length ? 'stale.marked' : 'stale.same'));
			(marked[0]?.input ?? said).focus();
		} catch (error) {
			setText(said, sentence(error));
		}
	});
	replace(said, h('span', null, t('stale.said')), ' ', button);
	button.focus();
}
