// SPDX-License-Identifier: Apache-2.0
// Times come in UTC from the API; people read and type them in the site's zone.
import texts from '../texts/en.js';
import { t } from './texts.js';

let zone = 'Europe/London';
let steady = { from: 0, until: 0, offset: 0 }; // ms: the stretch around now in which the zone keeps its distance from UTC
let format = null; // knows all of the zone, and takes long to make: only for times beyond

/** The site's zone, and what the hub says of its clock now (GET /site: clock); before the first view. */
export function setZone(name, clock) {
	if (name !== zone) format = null;
	zone = name;
	steady = { from: Date.parse(clock.from), until: Date.parse(clock.until), offset: clock.offset_s * 1000 };
}
export const zoneName = () => zone;

const ms = (time) => (typeof time === 'number' ? time : time instanceof Date ? time.getTime() : Date.parse(time));
const two = (number) => String(number).padStart(2, '0');

/** How far the site's clock is ahead of UTC at a moment, in ms. */
function offsetAt(at) {
	if (at >= steady.from && at < steady.until) return steady.offset;
	format ??= new Intl.DateTimeFormat('en-GB', {
		timeZone: zone,
		calendar: 'gregory',
		numberingSystem: 'latn',
		hourCycle: 'h23',
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
	});
	const { year, month, day, hour, minute, second } = Object.fromEntries(
		format.formatToParts(at).map((part) => [part.type, part.value]),
	);

	return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** What the site's clock and calendar show, as a Date whose UTC they are. */
const wall = (time) => new Date(ms(time) + offsetAt(ms(time)));
const noon = (date) => new Date(`${date}T12:00:00Z`); // of a date without time: no zone can move its day

/** The words of a date whose UTC is meant: t('time.day') and its like. */
const words = (key, date) =>
	t(`time.${key}`, {
		weekday: texts.time.weekdays[(date.getUTCDay() + 6) % 7].slice(0, texts.time.weekday_letters),
		day: date.getUTCDate(),
		month: texts.time.months[date.getUTCMonth()].slice(0, texts.time.month_letters),
		whole_month: texts.time.months[date.getUTCMonth()],
		year: date.getUTCFullYear(),
	});

/** 14:05 */
export function timeOf(time) {
	const at = wall(time);

	return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}
/** 14:05:09 */
export const secondOf = (time) => `${timeOf(time)}:${two(wall(time).getUTCSeconds())}`;
/** Thu 26 Nov 2026 */
export const dayOf = (time) => words('day', wall(time));
/** Thu 26 Nov 2026, 14:05 */
export const momentOf = (time) => `${dayOf(time)}, ${timeOf(time)}`;
/** "2026-11-26" → Thu 26 Nov 2026 */
export const dateText = (date) => words('day', noon(date));
/** "2026-11-26" → Thu 26 Nov, for days that are near */
export const nearText = (date) => words('near', noon(date));
/** "2026-11" → November 2026 */
export const monthText = (month) => words('month', noon(`${month}-15`));
/** 0 = Monday → Mon */
export const weekdayText = (day, length = 'short') =>
	length === 'long' ? texts.time.weekdays[day] : texts.time.weekdays[day].slice(0, texts.time.weekday_letters);

/** The site's date of a moment: "2026-11-26". */
export const dateOf = (time = new Date()) => wall(time).toISOString().slice(0, 10);

/** A date so many days later. */
export function addDays(date, days) {
	const at = noon(date);

	at.setUTCDate(at.getUTCDate() + days);
	return at.toISOString().slice(0, 10);
}

/** A date and time as typed at the site → UTC as the API takes it. An hour that comes twice is its first, one left out moves on. */
export function toUtc(date, time = '00:00') {
	const shown = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
	const before = shown - offsetAt(shown - 86400000),
		after = shown - offsetAt(shown + 86400000);
	const fits = [before, after].filter((at) => at + offsetAt(at) === shown);

	return new Date(fits.length ? Math.min(...fits) : before).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** UTC → {date, time} for inputs. */
export const toInputs = (time) => ({ date: dateOf(time), time: timeOf(time) });

/** "just now", "5 min ago", "in 2 h", or the moment itself. */
export function ago(time, now = Date.now()) {
	const s = Math.round((now - ms(time)) / 1000),
		far = Math.abs(s);
	const key = s >= 0 ? 'time.ago' : 'time.in';

	if (far < 10) return t('time.now');
	if (far < 90) return t(`${key}_s`, { n: far });
	if (far < 90 * 60) return t(`${key}_min`, { n: Math.round(far / 60) });
	if (far < 22 * 3600) return t(`${key}_h`, { n: Math.round(far / 3600) });
	return momentOf(time);
}

/** 90 → "1:30" for countdowns. */
export const countdown = (seconds) =>
	`${Math.floor(seconds / 60)}:${String(Math.max(0, Math.floor(seconds % 60))).padStart(2, '0')}`;
