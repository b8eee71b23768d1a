// SPDX-License-Identifier: Apache-2.0
// A card that nobody knows was just refused: for whom it is to be, and on to claiming it.
import { h } from '../lib/dom.js';
import { refusal } from '../lib/api.js';
import { dialog } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { memberPicker } from '../lib/picker.js';
import { secondOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { loadDoors } from './card_doors.js';
import { issueCard } from './card_issue.js';

/** Asks for whom, and goes on to it. True when the card is theirs. */
export async function giveCard(entry, scope) {
	const doors = await loadDoors(scope.signal);
	const picker = memberPicker({ label: t('give.who'), autofocus: true });
	const chosen = await dialog(t('give.title'), (close) => {
		scope.onLeave(close);
		return form(
			[
				h('p', null, t('give.shown', { door: doors.get(entry.door)?.title ?? entry.door, time: secondOf(entry.time) })),
				picker,
				h('p', { class: 'note' }, t('give.fresh'), ' ', h('a', { href: '#/members' }, t('give.members'))),
				{ name: 'label', label: t('cards.label'), max: 200, note: t('cards.label_note') },
			],
			{
				submit: t('give.go'),
				cancel: () => close(),
				async send({ label }) {
					if (!picker.member) throw refusal(t('give.nobody'));
					close({ member: picker.member, label });
				},
			},
		);
	});

	return Boolean(chosen) && issueCard({ ...chosen, doors, scope, changed: () => {}, from: entry.door });
}
