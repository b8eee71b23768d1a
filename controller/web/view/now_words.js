// SPDX-License-Identifier: Apache-2.0
// What a door says of itself, and what needs somebody, in words. Nothing here touches the page.
import { inText } from '../lib/dom.js';
import { ago, dateOf, dayOf, momentOf, timeOf } from '../lib/time.js';
import { isFresh } from '../lib/entry.js';
import { has, t } from '../lib/texts.js';

const CERTIFICATE_DAYS = 30;
const PENDING_MANY = 50; // entries: more than a busy morning's minute
const ALARM_TAGS = ['fire', 'tamper', 'lock_fail', 'propped', 'exit_stuck']; // what a door's state does not say
const TONES = {
	locked: 'good',
	released: 'good',
	open: '',
	held_open: 'bad',
	forced: 'bad',
	unlocked: 'warn',
	lockdown: 'bad',
	fault: 'bad',
	checkin: 'good',
};
const ICONS = {
	locked: 'lock',
	released: 'unlock',
	open: 'door',
	unlocked: 'unlock',
	lockdown: 'lock',
	checkin: 'checkin',
};

/** A door's name for people, in a sentence. */
export const doorName = (door) => inText(door.title || door.name);

/** 18:00, or with its day where that is another one. */
export const shortly = (time) => (dateOf(time) === dateOf() ? timeOf(time) : momentOf(time));

const heard = (door) => (door.online && door.last_status?.online ? door.last_status : null);

/** The state that a person cares for: one of the door's own, or why there is none. */
export function doorState(door) {
	if (door.status !== 'active') return door.status;
	if (!door.online) return door.last_status || door.asked_at ? 'offline' : 'unheard';
	return heard(door)?.state ?? 'unheard';
}

/** The end of what keeps a door open now, or null. */
export const openUntil = (door) => (heard(door)?.state === 'unlocked' ? (heard(door).until ?? null) : null);

/** A hold that the hub has for later, or null. */
export const planned = (door, now = Date.now()) => (door.hold && Date.parse(door.hold.from) > now ? door.hold : null);
/** A hold that has begun, or null. */
export const holding = (door, now = Date.now()) =>
	door.hold && Date.parse(door.hold.from) <= now && Date.parse(door.hold.until) > now ? door.hold : null;

function why(door, state) {
	const until = openUntil(door),
		later = planned(door);

	if (state === 'offline')
		return door.since ? t('now.door_why.offline', { when: shortly(door.since) }) : t('now.door_why.offline_never');
	if (state === 'unlocked' && until)
		return t(heard(door).event ? 'now.door_why.unlocked_event' : 'now.door_why.unlocked_until', {
			when: shortly(until),
		});
	if (state === 'locked' && heard(door).contact === 'unknown') return t('now.door_why.locked_unknown');
	if (state === 'locked' && later)
		return t('now.door_why.planned', { from: shortly(later.from), when: shortly(later.until) });
	return has(`now.door_why.${state}`) ? t(`now.door_why.${state}`) : '';
}

/** How a door is: {state, tone, icon, word, text}. */
export function doorSays(door) {
	const state = doorState(door);
	const tone = TONES[state] ?? (state === 'offline' || state === 'stolen' ? 'warn' : '');

	return {
		state,
		tone,
		icon: ICONS[state] ?? (tone === 'bad' || tone === 'warn' ? 'alert' : 'door'),
		word: has(`now.door.${state}`) ? t(`now.door.${state}`) : state.replaceAll('_', ' '),
		text: why(door, state),
	};
}

const toneOf = (alarm) => (['exit_stuck', 'held_open', 'propped'].includes(alarm) ? 'warn' : 'bad');

/** Small marks of what is not as it should be: [{tone, text}]. */
export function doorTags(door) {
	const status = heard(door),
		tags = [];

	if (!status) return tags;
	for (const alarm of ALARM_TAGS)
		if (status.alarms.includes(alarm)) tags.push({ tone: toneOf(alarm), text: t(`now.tag.${alarm}`) });
	if (status.reader !== 'ok') tags.push({ tone: 'bad', text: t('now.tag.reader') });
	if (!door.confirmed) tags.push({ tone: 'warn', text: t('now.tag.roster') });
	if (!['synced', 'rtc'].includes(status.clock)) tags.push({ tone: 'warn', text: t('now.tag.clock') });
	if (status.journal !== 'ok') tags.push({ tone: 'bad', text: t('now.tag.journal') });
	if (status.pending > PENDING_MANY) tags.push({ tone: 'warn', text: t('now.tag.pending', { n: status.pending }) });
	if (status.contact === 'unknown' && status.state !== 'checkin') tags.push({ tone: '', text: t('now.tag.contact') });
	return tags;
}

/** Why the desk cannot open a door now, or '' where it can. */
export function cannotOpen(door) {
	const state = doorState(door);
	const key = heard(door)?.alarms.includes('fire')
		? 'fire'
		: {
				offline: 'offline',
				unheard: 'offline',
				lockdown: 'lockdown',
				fault: 'fault',
				checkin: 'checkin',
				new: 'new',
				stolen: 'stolen',
			}[state];

	return key ? t(`now.act.off_${key}`) : '';
}

// ---- what needs somebody ----

function need(key, tone, values = {}, more = {}) {
	return {
		key: [key, values.name ?? ''].join(':'),
		kind: key,
		tone,
		title: t(`now.need.${key}`, values),
		how: t(`now.need.${key}_how`, values),
		...more,
	};
}

/** What stands wrong at one door, the worst first. */
function ofDoor(door) {
	const name = doorName(door),
		values = { door: name, name: door.name },
		status = heard(door),
		found = [];
	const state = doorState(door);

	if (state === 'new') return [need('new', '', values)];
	if (state === 'offline' || state === 'unheard')
		return [
			need(
				'offline',
				'bad',
				{ ...values, when: door.since ? shortly(door.since) : '' },
				door.since ? {} : { how: t('now.need.offline_how_never') },
			),
		];
	if (!status) return [];
	for (const alarm of ['fire', 'forced', 'tamper', 'lock_fail', 'held_open', 'propped', 'exit_stuck'])
		if (status.alarms.includes(alarm) && !(alarm === 'held_open' && status.alarms.includes('propped')))
			found.push(need(alarm, toneOf(alarm), values));
	if (state === 'fault') found.push(need('fault', 'bad', values));
	if (status.reader !== 'ok') found.push(need(status.reader === 'missing' ? 'reader_gone' : 'reader', 'bad', values));
	if (status.journal !== 'ok') found.push(need('journal', 'bad', values));
	for (const [line, is] of Object.entries(status.lines ?? {}))
		if (!is.ok) found.push(need('lines', 'bad', { ...values, line, is: is.is }, { key: `lines:${door.name}:${line}` }));
	if (!['synced', 'rtc'].includes(status.clock)) found.push(need('clock', 'warn', values));
	if (!door.confirmed) found.push(need('roster', 'warn', values));
	if (status.pending > PENDING_MANY) found.push(need('pending', 'warn', { ...values, n: status.pending }));
	return found;
}

function ofAlarm(alarm, doors) {
	const door = doors.find((item) => item.name === alarm.door);
	const values = {
		door: door ? doorName(door) : inText(alarm.door ?? ''),
		what: inText(alarm.what.charAt(0).toUpperCase() + alarm.what.slice(1)).replace(/\.$/, ''),
	};
	const found = need(alarm.kind, 'warn', values, { key: `alarm:${alarm.id}`, alarm });

	if (alarm.kind === 'refused' && alarm.door) found.title = t('now.need.refused_at', values);
	found.note = `${ago(alarm.last_at)}, ${t('now.need.times', { n: alarm.count })}`;
	return found;
}

function ofLockdown({ site, doors }) {
	const there = doors.filter((door) => door.status === 'active'),
		away = there.filter((door) => !heard(door));
	const done = there.filter((door) => heard(door)?.state === 'lockdown').length;
	const found = need('lockdown', 'bad', {
		who: inText(site.lockdown_by),
		when: site.lockdown_at ? ago(site.lockdown_at) : '',
		done,
		all: there.length,
	});

	if (away.length) found.how += ` ${t('now.need.lockdown_away', { doors: away.map(doorName).join(', ') })}`;
	return found;
}

/** It is soon over, or is. */
function ofCertificate(https) {
	const left = https ? Date.parse(https.until) - Date.now() : Infinity,
		when = https && dayOf(https.until);

	if (left > CERTIFICATE_DAYS * 86400000) return [];
	return [need(left > 0 ? 'https' : 'https_over', left > 0 ? 'warn' : 'bad', { when })];
}

function ofEnding(members) {
	return need('ending', '', { n: members.length }, { key: `ending:${members.map((member) => member.id)}`, members });
}

/** The last card that nobody knew, while it can be given to somebody. */
function ofUnknown({ log, doors, given = 0 }) {
	const entry = log.find(isFresh),
		door = doors.find((item) => item.name === entry?.door);

	if (!entry || entry.id <= given) return [];
	return [
		need(
			'unknown',
			'',
			{ door: door ? doorName(door) : inText(entry.door), when: timeOf(entry.time) },
			{ key: `unknown:${entry.id}`, entry },
		),
	];
}

const ORDER = [
	'fire',
	'lockdown',
	'forced',
	'tamper',
	'lock_fail',
	'fault',
	'broker',
	'page',
	'https_over',
	'journal',
	'offline',
	'reader',
	'reader_gone',
	'lines',
	'held_open',
	'propped',
	'exit_stuck',
	'fork',
	'poison',
	'unlinked',
	'gap',
	'refused',
	'clock',
	'roster',
	'pending',
	'https',
	'unknown',
	'new',
	'ending',
];

/**
 * Everything that needs somebody, the most urgent first: {key, kind, tone, title, how, note, alarm, members, entry}. late(key) says
 * whether what comes and goes by itself has stood for a while.
 */
export function needs(now, late = () => true) {
	const found = now.doors.flatMap(ofDoor).filter((item) => item.kind !== 'roster' || late(item.key));

	if (now.site.lockdown) found.push(ofLockdown(now));
	if (now.status.broker !== 'connected') found.push(need('broker', 'bad'));
	found.push(...ofCertificate(now.status.https));
	if (now.live === 'away' && late('page:')) found.push(need('page', 'warn'));
	found.push(...(now.alarms ?? []).map((alarm) => ofAlarm(alarm, now.doors)));
	if (!found.some((item) => item.tone)) found.push(...ofUnknown(now)); // it stands among the taps as well
	if (now.ending?.length) found.push(ofEnding(now.ending));
	return found.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}
