// SPDX-License-Identifier: Apache-2.0
// The people and cards of tests/virtual/cards.ini, as make run has them, and an operator of each role; prints them for
// site.json: node tests/web/people.mjs SOCKET
import { over_socket } from './site.mjs';

async function post(path, body) {
	const made = await over_socket(process.argv[2], 'POST', path, body);

	if (made.status >= 300) throw new Error(`POST ${path}: ${made.status} ${JSON.stringify(made.body)}`);
	return made.body;
}

const people = {};
async function person(key, name, tier, uid, more = {}) {
	const member = (await post('/members', { name, tier, ...more })).id;

	people[key] = { name, member, card: (await post('/cards', { member, uid })).id };
}

const tier = async (tier) => (await post('/tiers', tier)).id;
const staff = await tier({ name: 'host', hours: '24/7', flags: ['staff', 'override', 'may_open_up'] }),
	unlimited = await tier({ name: 'unlimited', hours: '24/7' }),
	parttime = await tier({ name: 'part-time', hours: 'Mo-Fr 09:00-17:30' }),
	guests = await tier({ name: 'guest', hours: 'Mo-Sa 08:00-20:00', doors: [{ door: 'front' }] });

await person('host', 'Maya Host', staff, '04521a6a8f6180');
await person('unlimited', 'Ned Unlimited', unlimited, '047c3b9a2e5d80');
await person('parttime', 'Pat Parttime', parttime, '04a35e12c46b81');
await person('guest', 'Gus Guest', guests, '04d8217a903c80', { release_ms: 8000 });
await person('ended', 'Eve Ended', unlimited, '5a3ec791', { valid_until: '2026-03-31' });
await person('revoked', 'Rob Revoked', unlimited, '046e193db27081');
await post(`/cards/${people.revoked.card}/revoke`, { why: 'left the building with it' });
await post('/operators', { name: 'maya', role: 'host', password: 'host horse battery' });
await post('/operators', { name: 'otto', role: 'auditor', password: 'auditor horse battery' });
console.log(JSON.stringify(people));
