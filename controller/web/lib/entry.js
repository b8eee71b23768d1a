// SPDX-License-Identifier: Apache-2.0
// An entry of the log (an item of GET /log, or of the stream) in words for people.
import { bdi, h } from './dom.js';
import { icon } from './icon.js';
import { attempt } from './dialog.js';
import { may } from './session.js';
import { has, t, word } from './texts.js';

const CLAIM_MS = 300000; // so long the hub remembers a card that nobody knows

/** Kinds that somebody should look at, and those that say it is over. */
const BAD = new Set([
	'forced',
	'tamper',
	'fire',
	'journal_damaged',
	'cache_damaged',
	'records_lost',
	'output_fault',
	'lock_fail',
	'strike_max',
]);
const WARN = new Set([
	'held_open',
	'propped',
	'reader_fault',
	'journal_fault',
	'record_skipped',
	'roster_refused',
	'message_refused',
	'clock_changed',
	'exit_stuck',
	'lockdown',
	'reader_reset',
]);

const tried = (entry) => entry.verdict === 'deny' && ['read_error', 'second_person_needed'].includes(entry.reason);

/** 'good', 'bad', 'warn' or '' (nothing to look at). A refusal is 'bad', what is to be tried again 'warn'. */
export function entryTone(entry) {
	if (entry.verdict === 'grant') return entry.warnings.length ? 'warn' : 'good';
	if (entry.verdict === 'deny') return tried(entry) ? 'warn' : 'bad';
	return BAD.has(entry.kind) ? 'bad' : WARN.has(entry.kind) ? 'warn' : '';
}

/** What a host asked of the door: "unlock 5 s", or "unlock 5 s: refused: the door is in lockdown". */
function commandWord(detail) {
	if (detail.includes(': refused: ')) return t('entry.not_done');
	return word('command', detail.split(/[ :]/, 1)[0] || 'unlock');
}

/** "Let in", "Refused", "Try again", or what the entry is about: "Door forced". */
export function entryWord(entry) {
	if (entry.verdict === 'grant') return t(entry.kind === 'tap' ? 'entry.granted' : 'entry.granted_other');
	if (entry.verdict === 'deny') return t(tried(entry) ? 'entry.try_again' : 'entry.refused');
	if (entry.kind === 'command') return commandWord(entry.detail);
	return word('kind', entry.kind);
}

/** Why, in a sentence for a host; '' where there is no more to say than entryWord. */
export function entryWhy(entry) {
	const parts = [];

	if (entry.verdict && entry.kind !== 'tap' && entry.kind !== 'recovered') parts.push(`${word('kind', entry.kind)}.`);
	if (entry.verdict === 'deny')
		parts.push(has(`reason.${entry.reason}`) ? t(`reason.${entry.reason}`) : (entry.sentence ?? ''));
	for (const name of entry.warnings) parts.push(word('warning', name));
	for (const name of entry.use) parts.push(word('use', name));
	if (!entry.verdict && has(`kind_why.${entry.kind}`)) parts.push(t(`kind_why.${entry.kind}`));
	return parts.filter(Boolean).join(' ');
}

/** The mark of an entry: icon and word in its colour. */
export function entryBadge(entry) {
	const tone = entryTone(entry);
	const shape =
		entry.verdict === 'grant'
			? 'ok'
			: entry.verdict === 'deny'
				? tone === 'warn'
					? 'undo'
					: 'no'
				: tone
					? 'alert'
					: 'door';

	return h('span', { class: ['badge', tone] }, icon(shape, 14), entryWord(entry));
}

/** Who it was about: a link to the member, a guest and their sponsor, an unknown card, an operator; or null. */
export function entryWho(entry) {
	const nodes = [];

	if (entry.erased) nodes.push(h('span', { class: 'muted' }, t('entry.erased')));
	else if (entry.member)
		nodes.push(
			h(
				'a',
				{ href: `#/members/${entry.member.id}` },
				bdi(entry.member.name || t('entry.member', { id: entry.member.id })),
			),
		);
	else if (entry.sponsor)
		nodes.push(
			h(
				'span',
				null,
				t('entry.guest_of'),
				' ',
				h(
					'a',
					{ href: `#/members/${entry.sponsor}` },
					bdi(entry.sponsor_name || t('entry.member', { id: entry.sponsor })),
				),
			),
		);
	else if (entry.kind === 'tap')
		nodes.push(h('span', { class: 'muted' }, entry.card ? t('entry.card', { id: entry.card }) : t('entry.unknown')));
	if (entry.actor)
		nodes.push(h('span', { class: 'muted' }, `${nodes.length ? ' ' : ''}${t('entry.by')} `, bdi(entry.actor)));
	return nodes.length ? h('span', null, nodes) : null;
}

/** Whether it is about a card that nobody knows, and this operator may give it to a member. */
export const isToGive = (entry) => entry.reason === 'card_unknown' && entry.kind === 'tap' && may('work');
/** The same, while the hub remembers the card. */
export const isFresh = (entry) => isToGive(entry) && Date.now() - Date.parse(entry.time) < CLAIM_MS;

/** The way to give it to somebody; done() when it is theirs; short: where there is little room. */
export const giveButton = (entry, scope, { done = () => {}, short = false } = {}) =>
	h(
		'button',
		{
			type: 'button',
			class: 'give',
			'aria-label': short ? t('give.do') : null,
			on: {
				click: () =>
					attempt(async () => (await (await import('../view/card_give.js')).giveCard(entry, scope)) && done()),
			},
		},
		icon('card', 18),
		t(short ? 'give.short' : 'give.do'),
	);
