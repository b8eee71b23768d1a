// SPDX-License-Identifier: Apache-2.0
// Times come in UTC from the API; people read and type them in the site's zone.
import { language, t } from './texts.js';

let zone = 'Europe/London';
let formats = {};

/** The site's zone; before the first view. */
export function setZone(name) {
	if (name !== zone) formats = {};
	zone = name;
}
export const zoneName = () => zone;

function format(key, options) {
	formats[key] ??= new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
	return formats[key];
}

const asDate = (time) => (time instanceof Date ? time : new Date(time));
const noon = (date) => new Date(`${date}T12:00:00Z`); // of a date without time: no zone can move its day

/** What the site's clock and calendar show: {year, month, day, hour, minute, second}. A formatter costs milliseconds to make: one does for all. */
function wall(time) {
	const parts = format('wall', {
		calendar: 'gregory',
		numberingSystem: 'latn',
		hourCycle: 'h23',
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
	}).formatToParts(asDate(time));

	return Object.fromEntries(parts.map((part) => [part.type, part.value]));
}

/** Makes what tells the time, which takes a moment the first time: where nobody waits for it. */
export const warmUp = () => void wall(new Date());

/** 14:05 */
export function timeOf(time) {
	const { hour, minute } = wall(time);

	return `${hour}:${minute}`;
}
/** 14:05:09 */
export const secondOf = (time) => `${timeOf(time)}:${wall(time).second}`;
/** Thu 26 Nov 2026 */
export const dayOf = (time) =>
	format('day', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(asDate(time));
/** Thu 26 Nov 2026, 14:05 */
export const momentOf = (time) => `${dayOf(time)}, ${timeOf(time)}`;
/** "2026-11-26" → Thu 26 Nov 2026 */
export const dateText = (date) =>
	format('date', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(
		noon(date),
	);
/** "2026-11-26" → Thu 26 Nov, for days that are near */
export const nearText = (date) =>
	format('near', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }).format(noon(date));
/** "2026-11" → November 2026 */
export const monthText = (month) =>
	format('month', { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(noon(`${month}-15`));
/** 0 = Monday → Mon */
export const weekdayText = (day, length = 'short') =>
	format(`weekday-${length}`, { timeZone: 'UTC', weekday: length }).format(noon(`2024-01-0${1 + day}`));

/** The site's date of a moment: "2026-11-26". */
export function dateOf(time = new Date()) {
	const { year, month, day } = wall(time);

	return `${year.padStart(4, '0')}-${month}-${day}`;
}

/** A date so many days later. */
export function addDays(date, days) {
	const at = noon(date);

	at.setUTCDate(at.getUTCDate() + days);
	return at.toISOString().slice(0, 10);
}

/** How far the site's clock is ahead of UTC at a moment, in ms. */
function offsetAt(ms) {
	const { year, month, day, hour, minute, second } = wall(new Date(ms));

	return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/** A date and time as typed at the site → UTC as the API takes it. An hour that comes twice is its first, one left out moves on. */
export function toUtc(date, time = '00:00') {
	const wall = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
	const before = wall - offsetAt(wall - 86400000),
		after = wall - offsetAt(wall + 86400000);
	const fits = [before, after].filter((ms) => ms + offsetAt(ms) === wall);

	return new Date(fits.length ? Math.min(...fits) : before).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** UTC → {date, time} for inputs. */
export const toInputs = (time) => ({ date: dateOf(time), time: timeOf(time) });

/** "just now", "5 min ago", "in 2 h", or the moment itself. */
export function ago(time, now = Date.now()) {
	const s = Math.round((now - asDate(time).getTime()) / 1000),
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
