// SPDX-License-Identifier: Apache-2.0
// The hands at a site under test: its virtual doors, and its API as root on the hub's own socket.
import { execFile } from 'node:child_process';
import { request } from 'node:http';

/** Asks the API as root; the answer's status, body and headers. */
export function over_socket(socketPath, method, path, body) {
	return new Promise((done, fail) => {
		const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
		const headers =
			text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
		const asked = request({ socketPath, method, path: `/api/v1${path}`, headers }, (answer) => {
			let all = '';
			answer.setEncoding('utf8');
			answer.on('data', (part) => (all += part));
			answer.on('end', () => {
				let body = all;
				try {
					body = JSON.parse(all);
				} catch {
					// not JSON: as it came
				}
				done({ status: answer.statusCode, body, headers: answer.headers });
			});
		});
		asked.on('error', fail);
		asked.end(text);
	});
}

/** The verbs of tests/virtual/door; each ends when the hand has left. */
export function hardware(site) {
	const vdoor = (door, ...words) =>
		new Promise((done, fail) =>
			execFile(
				`${site.bin}/virtual-door`,
				['--socket', `${site.work}/${door}/hw/control.sock`, ...words],
				(error, out, why) => (error ? fail(new Error(`virtual-door ${words.join(' ')}: ${why || error}`)) : done(out)),
			),
		);
	/* A reader that had no time for the card is shown it again, as a person does. */
	async function tap(card, door = 'front', ms = 300) {
		for (let tries = 0; tries < 5; tries++) {
			await vdoor(door, 'tap', card, String(ms));
			const log = await vdoor(door, 'log');
			if (log.slice(log.lastIndexOf(` card ${card} in field`)).includes(' reader answered card ')) return;
		}
		throw new Error(`the reader of ${door} does not see the card ${card}`);
	}
	return {
		vdoor,
		tap,
		/* A card, and the door is passed: only then somebody came. */
		enter: async (card, door = 'front') => {
			await tap(card, door);
			await vdoor(door, 'open');
			await new Promise((done) => setTimeout(done, 250)); // the contact is debounced
			await vdoor(door, 'close');
		},
		press_exit: (door = 'front') => vdoor(door, 'press', 'exit'),
		door_open: (door = 'front') => vdoor(door, 'open'),
		door_close: (door = 'front') => vdoor(door, 'close'),
		unplug: (door = 'front') => vdoor(door, 'break', 'reader', 'unplug'),
		heal: (door = 'front') => vdoor(door, 'heal'),
		strike: async (door = 'front') =>
			(await vdoor(door, 'log'))
				.trimEnd()
				.split('\n')
				.map((line) => line.split(' '))
				.filter((word) => word[2] === 'line' && word[5] === 'strike')
				.pop()?.[6],
	};
}
