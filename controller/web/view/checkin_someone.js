// SPDX-License-Identifier: Apache-2.0
// Who is meant: a member, or a name that is nobody's.
import { h } from '../lib/dom.js';
import { Problem } from '../lib/api.js';
import { dialog } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { memberPicker } from '../lib/picker.js';
import { t } from '../lib/texts.js';

/**
 * Asks for {member} or {name}. options: title, submit, text (typed already), send(who): what it throws is shown and nothing
 * typed is lost. Answers what send did, undefined when it was dismissed.
 */
export function pickSomeone({ title, submit, text = '', send }) {
	const picker = memberPicker({ label: t('checkin.someone'), autofocus: true });

	if (text) {
		picker.input.value = text;
		picker.input.dispatchEvent(new Event('input'));
	}
	return dialog(title, (close) =>
		form([picker, h('p', { class: 'note' }, t('checkin.someone_text'))], {
			submit,
			cancel: () => close(),
			async send() {
				const name = picker.input.value.trim();

				if (!picker.member && !name) throw new Problem(422, { detail: t('checkin.nobody_named') });
				close((await send(picker.member ? { member: picker.member.id } : { name })) ?? null);
			},
		}),
	);
}
