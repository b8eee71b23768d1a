// SPDX-License-Identifier: Apache-2.0
// The part of the hours' language that is a plain week: what can be painted, and said. Everything else is typed.
import { h } from '../lib/dom.js';
import { weekdayText } from '../lib/time.js';
import { t } from '../lib/texts.js';

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
const MIDNIGHT = 1440;

/** Sorted, without gaps of nothing and without overlaps. */
function tidy(spans) {
	const out = [];

	for (const [from, until] of [...spans].sort((a, b) => a[0] - b[0])) {
		const last = out.at(-1);

		if (from >= until) continue;
		if (last && from <= last[1]) last[1] = Math.max(last[1], until);
		else out.push([from, until]);
	}
	return out;
}

const cut = (spans, [a, b]) =>
	tidy(
		spans.flatMap(([from, until]) =>
			[
				[from, Math.min(until, a)],
				[Math.max(from, b), until],
			].filter(([x, y]) => x < y),
		),
	);

function parseDays(text) {
	const found = new Set();

	for (const part of text.split(',')) {
		const [from, until = from] = part.split('-').map((name) => DAYS.indexOf(name));

		if (from < 0 || until < 0) return null;
		for (let day = from; ; day = (day + 1) % 7) {
			found.add(day);
			if (day === until) break;
		}
	}
	return [...found];
}

function parseTimes(text) {
	const spans = text.split(',').map((part) => /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(part)?.slice(1).map(Number));

	if (spans.some((span) => !span)) return null;
	return spans
		.map(([h1, m1, h2, m2]) => [h1 * 60 + m1, h2 * 60 + m2])
		.map(([from, until]) => [from, until <= from ? until + MIDNIGHT : until]);
}

/**
 * Hours in their normal form → {days: [7 × [[from, until] in minutes]], holidays: '' or ' PH off'}; null where they say
 * more than a plain week. A window over midnight stays with the day it starts on: until may exceed 1440.
 */
export function plainWeek(text) {
	const week = { days: DAYS.map(() => []), holidays: '' };

	if (text === '24/7') return { ...week, days: DAYS.map(() => [[0, MIDNIGHT]]) };
	for (const rule of text.split(';').map((one) => one.trim())) {
		const [, days, times] = /^(?:([A-Z][A-Za-z,-]*) )?([\d:,-]+|off|24\/7)$/.exec(rule) ?? [];

		if (rule === 'PH off') {
			week.holidays = 'PH off';
			continue;
		}
		const which = times && (days ? parseDays(days) : [0, 1, 2, 3, 4, 5, 6]),
			spans = times === 'off' ? [] : times === '24/7' ? [[0, MIDNIGHT]] : times && parseTimes(times);

		if (!which || !spans) return null;
		which.forEach((day) => {
			week.days[day] = tidy(spans);
		});
	}
	return week;
}

/** Opens or closes a stretch of one day; what is closed may be the end of a window from the day before. */
export function paint(week, day, from, until, open) {
	const days = week.days.map((spans, i) => {
		if (i === day) return open ? tidy([...spans, [from, until]]) : cut(spans, [from, until]);
		return !open && (i + 1) % 7 === day ? cut(spans, [from + MIDNIGHT, until + MIDNIGHT]) : spans;
	});

	return { ...week, days };
}

const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const spansText = (spans) => spans.map(([from, until]) => `${clock(from)}-${clock(until)}`).join(',');

/** A week → hours: days that are alike in one rule. */
export function weekText(week) {
	const texts = week.days.map(spansText),
		rules = [];
	const all = texts.every((text) => text === '00:00-24:00');

	if (all && !week.holidays) return '24/7';
	for (let day = 0; day < 7;) {
		let last = day;

		while (last < 6 && texts[last + 1] === texts[day]) last++;
		if (texts[day]) rules.push({ days: day === last ? DAYS[day] : `${DAYS[day]}-${DAYS[last]}`, text: texts[day] });
		day = last + 1;
	}
	// the same times on days that do not follow each other
	const joined = rules.filter((rule, i) => {
		const first = rules.findIndex((other) => other.text === rule.text);

		if (first !== i) rules[first].days += `,${rule.days}`;
		return first === i;
	});

	return [
		...joined.map((rule) => `${rule.days} ${rule.text}`),
		...(joined.length ? [] : ['off']),
		...(week.holidays ? [week.holidays] : []),
	].join('; ');
}

const spansSaid = (spans) =>
	spans
		.map(([from, until]) =>
			from === 0 && until === MIDNIGHT
				? t('week.all_day')
				: `${clock(from)}–${clock(until > MIDNIGHT ? until - MIDNIGHT : until)}`,
		)
		.join(', ');

/** Hours in their normal form → "Mon–Fri 09:00–17:30; Sat 10:00–16:00"; null where they say more than a plain week. */
export function weekSentence(text) {
	const week = plainWeek(text);
	const said = week?.days.map(spansSaid);
	const parts = [];

	if (!week) return null;
	if (said.every((times) => times === said[0]))
		parts.push(
			!said[0]
				? t('week.never')
				: said[0] === t('week.all_day')
					? t('week.always')
					: t('week.daily', { times: said[0] }),
		);
	else
		for (let day = 0, last; day < 7; day = last + 1) {
			for (last = day; said[last + 1] === said[day];) last++;
			const days = [...new Set([day, last])].map((one) => weekdayText(one)).join(last === day + 1 ? ', ' : '–');

			if (said[day]) parts.push(`${days} ${said[day]}`);
		}
	return [...parts, ...(week.holidays ? [t('week.no_holidays')] : [])].join('; ');
}

/** Hours as a person reads them; as they are written where there is no sentence for them. */
export function hoursNode(text) {
	const said = weekSentence(text);

	return said ? h('span', null, said) : h('span', null, t('week.written'), ' ', h('code', null, text));
}
