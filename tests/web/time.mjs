// SPDX-License-Identifier: Apache-2.0
// The page's times beside the browser's own (slow) formatter, in zones that are no whole hour from UTC and around the
// days on which clocks change: time.mjs [SEED]
import {
	addDays,
	dateOf,
	momentOf,
	nearText,
	secondOf,
	setZone,
	timeOf,
	toUtc,
} from '../../controller/web/lib/time.js';

const DAY = 86400000;
const TIMES = 2000;
let seed = Number(process.argv[2] || process.env.SEED || Date.now() % 1e9),
	count = 0;

console.log(`# SEED=${seed}`);

/* Numbers that are the same for the same seed (Lehmer, minimal standard). */
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

const formats = {};

function shown(zone, at, options) {
	const key = zone + Object.keys(options);

	formats[key] ??= new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
	const parts = formats[key].formatToParts(at);

	return Object.fromEntries(parts.map((part) => [part.type, part.value]));
}

function civil(zone, at) {
	const p = shown(zone, at, {
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
	});

	return {
		date: `${p.year}-${p.month}-${p.day}`,
		time: `${p.hour}:${p.minute}`,
		second: `${p.hour}:${p.minute}:${p.second}`,
	};
}

const offset = (zone, at) => {
	const { date, second } = civil(zone, at);

	return Date.parse(`${date}T${second}Z`) - Math.floor(at / 1000) * 1000;
};

/* As the hub says it: the days around now with the offset of now. */
function clock(zone, now) {
	const is = offset(zone, now);
	let from = now,
		until = now;

	while (now - from < 200 * DAY && offset(zone, from - DAY) === is) from -= DAY;
	while (until - now < 200 * DAY && offset(zone, until + DAY) === is) until += DAY;
	return { offset_s: is / 1000, from: new Date(from).toISOString(), until: new Date(until).toISOString() };
}

/* What is not as the formatter has it, '' where all is. */
function wrong(zone, at) {
	const is = civil(zone, at),
		minute = Math.floor(at / 60000) * 60000,
		back = Date.parse(toUtc(dateOf(at), timeOf(at)));
	const { weekday, month } = shown('UTC', Date.parse(`${is.date}T12:00:00Z`), { weekday: 'short', month: 'long' });
	const day = `${weekday} ${Number(is.date.slice(8))} ${month.slice(0, 3)}`;
	const pairs = [
		[dateOf(at), is.date],
		[timeOf(new Date(at)), is.time],
		[secondOf(new Date(at).toISOString()), is.second],
		[momentOf(at), `${day} ${is.date.slice(0, 4)}, ${is.time}`],
		[nearText(is.date), day],
		// an hour that comes twice is its first
		[
			back === minute || (back < minute && civil(zone, back).time === is.time) ? 'back' : new Date(back).toISOString(),
			'back',
		],
	];

	return pairs
		.filter(([got, wanted]) => got !== wanted)
		.map(([got, wanted]) => `${zone} ${new Date(at).toISOString()}: ${got}, not ${wanted}`)
		.join('; ');
}

function tell(ok, what, why) {
	console.log(`${ok ? 'ok' : 'not ok'} ${++count} - ${what}${why ? `\n# ${why}` : ''}`);
	process.exitCode ||= ok ? 0 : 1;
}

for (const zone of ['Europe/London', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Auckland', 'Australia/Lord_Howe'])
	for (const now of [Date.parse('2026-11-22T12:00:00Z'), Date.parse('2026-03-29T00:59:59Z'), Date.now()]) {
		setZone(zone, clock(zone, now));
		const found = Array.from({ length: TIMES / 10 }, () =>
			wrong(zone, Math.floor(now + (random() - 0.5) * 800 * DAY)),
		).find(Boolean);
		const near = Array.from({ length: TIMES }, () => wrong(zone, Math.floor(now + (random() - 0.5) * 4 * DAY))).find(
			Boolean,
		);

		tell(!found && !near, `times at ${zone} around ${new Date(now).toISOString().slice(0, 16)}`, found || near);
	}
tell(
	addDays('2026-03-28', 2) === '2026-03-30' && addDays('2026-12-31', 1) === '2027-01-01',
	'days are added across changes',
);
console.log(`1..${count}`);
