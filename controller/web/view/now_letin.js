// SPDX-License-Identifier: Apache-2.0
// Letting in a member who forgot the card: who, whether their rights fit, open, lend a spare card.
import { bdi, h, inText, replace, setText, uid } from '../lib/dom.js';
import { aborted, get, post } from '../lib/api.js';
import { dialog, sentence } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { memberPicker } from '../lib/picker.js';
import { dateOf, dateText } from '../lib/time.js';
import { has, t, word } from '../lib/texts.js';
import { usualDoor } from './card_doors.js';
import { spareCards } from './card_lend.js';
import { command, outcomeText } from './now_act.js';
import { cannotOpen, doorName, doorSays } from './now_words.js';

const SECONDS = 10; // somebody has to walk there

/** What the doors would say: of the cards they have the best; without a card of their tier. */
async function judged(member, signal) {
	const cards = (await get('/explain', { member: member.id }, { signal })).doors;
	const tiers = cards.some((at) => at.cards?.length) ? [] : (await get('/explain', {}, { signal })).doors;

	return new Map(
		cards.map((at) => {
			const own = at.cards ?? [],
				tier = tiers.find((item) => item.door === at.door)?.tiers?.find((item) => item.tier === member.tier);

			return [at.door, own.find((card) => card.verdict === 'grant') ?? own[0] ?? tier];
		}),
	);
}

const reasonText = (found) => (has(`reason.${found.reason}`) ? t(`reason.${found.reason}`) : found.sentence);

function verdict(found, member) {
	if (!found)
		return h(
			'div',
			{ class: 'callout' },
			h('p', null, t('now.letin.unknown', { tier: inText(member.tier_name ?? '') })),
		);
	const good = found.verdict === 'grant';

	return h(
		'div',
		{ class: ['callout', good ? 'good' : 'warn'] },
		h(
			'p',
			null,
			icon(good ? 'ok' : 'alert'),
			' ',
			h('strong', null, t(good ? 'now.letin.yes' : 'now.letin.no')),
			good ? '' : ` ${reasonText(found)}`,
		),
		found.warnings?.length ? h('p', null, found.warnings.map((name) => word('warning', name)).join(' ')) : null,
		good ? null : h('p', { class: 'note' }, t('now.letin.judge')),
	);
}

function facts(member) {
	const over = member.valid_until && member.valid_until < dateOf();
	const items = [
		bdi(member.tier_name ?? ''),
		member.state === 'active' ? null : t('now.letin.state', { state: word('member_state', member.state) }),
		member.valid_until ? t(over ? 'now.letin.ended' : 'now.letin.ends', { when: dateText(member.valid_until) }) : null,
		member.cards ? t('now.letin.cards', { n: member.cards }) : t('now.letin.no_card'),
	].filter(Boolean);

	return h(
		'p',
		{ class: 'letin-facts' },
		h('strong', null, bdi(member.name)),
		h(
			'span',
			{ class: 'muted' },
			items.map((item) => [' · ', item]),
		),
		' ',
		h('a', { href: `#/members/${member.id}` }, t('now.letin.profile')),
	);
}

/** A spare card from the drawer, for today. */
async function loan(place, member) {
	const spare = await spareCards();

	if (!spare.length) {
		replace(place, h('p', { class: 'note' }, t('now.letin.loan_none')));
		return;
	}
	const node = form(
		[
			{
				name: 'card',
				label: t('now.letin.loan_card'),
				type: 'select',
				required: true,
				note: t('now.letin.loan_note'),
				options: [
					['', t('now.letin.loan_choose')],
					...spare.map((card) => [
						String(card.id),
						card.label ? `${card.id} · ${inText(card.label)}` : String(card.id),
					]),
				],
			},
		],
		{
			submit: t('now.letin.loan_send'),
			async send(values) {
				const card = await post(`/members/${member.id}/loan`, { card: Number(values.card) });

				replace(
					node,
					h(
						'p',
						{ class: 'callout good', role: 'status' },
						icon('card'),
						' ',
						t('now.letin.loan_done', { card: card.label ? inText(card.label) : card.id, name: inText(member.name) }),
					),
				);
			},
		},
	);

	replace(place, h('details', { class: 'letin-loan' }, h('summary', null, t('now.letin.loan')), node));
}

/** Asks who, shows whether they may, opens the door for them. */
export const letIn = (desk) =>
	dialog(t('now.letin.title'), (close) => {
		const doors = desk.now.doors.filter((door) => !cannotOpen(door)),
			id = uid('letin');
		const about = h('div', { class: 'stack letin-about', role: 'status' }),
			after = h('div', { class: 'stack' });
		const select = h(
			'select',
			{ id: `${id}-door`, value: usualDoor(doors, localStorage.getItem('tapin.door'), desk.now.log) },
			[...doors, ...desk.now.doors.filter(cannotOpen)].map((door) =>
				cannotOpen(door)
					? h(
							'option',
							{ value: door.name, disabled: true },
							t('now.letin.off', { door: doorName(door), state: doorSays(door).word }),
						)
					: h('option', { value: door.name }, doorName(door)),
			),
		);
		const why = h('input', {
			id: `${id}-why`,
			type: 'text',
			maxlength: 120,
			value: t('now.letin.why_text'),
			autocomplete: 'off',
		});
		const send = h('button', { type: 'submit', class: 'primary' }),
			said = h('p', { class: 'fault', role: 'alert' });
		let member = null,
			found = null,
			waiting = null,
			busy = false;
		const chosen = () => doors.find((door) => door.name === select.value);

		function draw() {
			const at = chosen();

			send.disabled = !member || !at || !found || busy; // their rights are seen first
			setText(
				send,
				member && at ? t('now.letin.send', { door: doorName(at), name: inText(member.name) }) : t('now.letin.button'),
			);
			replace(
				about,
				member
					? [facts(member), found ? verdict(found.get(select.value), member) : null]
					: h('p', { class: 'note' }, doors.length ? t('now.letin.pick') : t('now.letin.no_door')),
			);
		}
		async function pick(one) {
			waiting?.abort();
			waiting = new AbortController();
			member = one;
			found = null;
			setText(said, '');
			replace(after);
			draw();
			try {
				found = await judged(one, waiting.signal);
			} catch (error) {
				if (aborted(error)) return;
				found = new Map(); // without it a host still decides
			}
			draw();
		}
		async function open(event) {
			event.preventDefault();
			if (!member || !chosen() || busy) return;
			const at = chosen(),
				who = member;

			busy = true;
			setText(said, '');
			draw();
			try {
				const sent = await command(at, {
					verb: 'unlock',
					seconds: SECONDS,
					member: who.id,
					why: why.value.trim() || t('now.letin.why_text'),
				});

				if (sent.outcome === 'done') {
					localStorage.setItem('tapin.door', at.name); // of this desk: where people knock
					desk.released?.(at.name, sent.seconds);
					const rest = h('div');

					replace(
						after,
						h(
							'p',
							{ class: 'callout good', role: 'status' },
							icon('unlock'),
							' ',
							t('now.letin.done', { door: doorName(at), name: inText(who.name) }),
						),
						rest,
						h(
							'div',
							{ class: 'actions' },
							h('button', { type: 'button', on: { click: again } }, t('now.letin.again')),
							h('button', { type: 'button', class: 'primary', on: { click: () => close() } }, t('now.letin.finish')),
						),
					);
					after.querySelector('button.primary').focus();
					ask.hidden = true;
					loan(rest, who).catch(() => {});
				} else {
					setText(said, outcomeText(sent, at));
				}
			} catch (error) {
				setText(said, sentence(error));
			}
			busy = false;
			draw();
		}
		function again() {
			ask.hidden = false;
			replace(after);
			member = found = null;
			picker.clear();
			draw();
			picker.input.focus();
		}
		const picker = memberPicker({ label: t('now.letin.who'), pick, autofocus: true });

		picker.input.addEventListener('input', () => {
			if (member) {
				member = found = null;
				draw();
			}
		});
		select.addEventListener('change', draw);
		const ask = h(
			'form',
			{ class: 'form', novalidate: true, on: { submit: open } },
			picker,
			about,
			h(
				'div',
				{ class: 'fields' },
				h('div', { class: 'field' }, h('label', { htmlFor: `${id}-door` }, t('now.letin.door')), select),
				h('div', { class: 'field' }, h('label', { htmlFor: `${id}-why` }, t('now.letin.why')), why),
			),
			said,
			h(
				'div',
				{ class: 'actions' },
				h('button', { type: 'button', on: { click: () => close() } }, t('dialog.cancel')),
				send,
			),
		);

		draw();
		return [ask, after];
	});
