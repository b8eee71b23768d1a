// SPDX-License-Identifier: Apache-2.0
// opening_hours.js as a reference: reads "FIRST-YEAR<tab>EXPRESSION" lines, answers each with one JSON line:
// {"open":[[start,end],…]} in minutes of UTC since 1 January 00:00 UTC of that year, over that whole year of London, or
// {"error":"…"}. A last line on standard error gives nanoseconds: to read an expression, to evaluate its year, to tell
// whether it is open at one moment (MOMENTS of them, none by default, spread over the year).
// Usage: TZ=Europe/London node reference.mjs FOLDER-OF-NODE_MODULES [MOMENTS] <lines
import {createRequire} from 'node:module';
import {readFileSync, writeSync} from 'node:fs';
import {join, resolve} from 'node:path';

const require = createRequire(join(resolve(process.argv[2]), 'none.js'));
const opening_hours = require('opening_hours');
const london = {lat: 51.5, lon: -0.12, address: {country_code: 'gb', state: 'England'}};
const instants = Number(process.argv[3] ?? 0), step_ms = (86400 * 365 / instants + 1740) * 1000;
let parse_ns = 0n, run_ns = 0n, ask_ns = 0n, runs = 0, asked_open = 0;

function merge(intervals, zero) {
	const out = [];
	for (const [from, to, unknown] of intervals) {
		if (unknown)
			continue;
		const start = Math.round((from - zero) / 60000), end = Math.round((to - zero) / 60000);
		if (out.length && out[out.length - 1][1] >= start)
			out[out.length - 1][1] = Math.max(end, out[out.length - 1][1]);
		else if (end > start)
			out.push([start, end]);
	}
	return out;
}

function answer(year, text) {
	const t0 = process.hrtime.bigint();
	try {
		const oh = new opening_hours(text, london, 0);
		const t1 = process.hrtime.bigint();
		const open = oh.getOpenIntervals(new Date(year, 0, 1), new Date(year + 1, 0, 1));
		const t2 = process.hrtime.bigint();
		for (let i = 0, at = new Date(year, 0, 1).getTime(); i < instants; i++, at += step_ms)
			asked_open += oh.getState(new Date(at));
		ask_ns += process.hrtime.bigint() - t2;
		run_ns += t2 - t1;
		parse_ns += t1 - t0;
		runs++;
		return {open: merge(open, Date.UTC(year, 0, 1))};
	} catch (e) {
		return {error: String(e).split('\n').slice(-1)[0].slice(0, 200)};
	}
}

// read and written in one thread of control: nothing can wait for anything but the pipe
for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
	const [year, text] = line.split('\t');
	writeSync(1, JSON.stringify(answer(Number(year), text)) + '\n');
}
if (runs)
	writeSync(2, `${parse_ns / BigInt(runs)} ${run_ns / BigInt(runs)} ${ask_ns / BigInt(runs * Math.max(1, instants))}\n`);
