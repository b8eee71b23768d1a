// SPDX-License-Identifier: Apache-2.0
// What the first view needs, under way while the other modules of the page are: its own module, and the hub's first answers.
import { parse, routes } from './routes.js';

const SHORT_MS = 10000; // by then nobody wants them any more
const asked = new Map();

function ask(url) {
	const answer = fetch(url, { headers: { Accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store' });

	answer.catch(() => {}); // whoever takes it is told
	return { answer, takers: 0 };
}

/** The answer to a GET of this address, where it was asked for at the start: once for each time that it was listed. */
export function taken(url) {
	const { answer, takers } = asked.get(url) ?? {};

	if (takers > 1) {
		asked.get(url).takers--;
		return answer.then((response) => response.clone());
	}
	asked.delete(url);
	return answer;
}

/** They were for a session that is over. */
export const drop = () => asked.clear();

const login = () => import('../view/login.js').catch(() => {});

function later() {
	drop();
	login(); // a desk that locks while the hub is away has it
}

if (localStorage.getItem('tapin.in')) {
	const at = parse(), route = routes.find((item) => item.name === at.name);
	const whole = !at.params.length && !at.query.size; // the view as its tab shows it

	// the shell's, and the view's
	for (const path of ['/session', '/site', '/status', ...((whole && route?.asks) || [])]) {
		const url = `/api/v1${path}`;

		if (!asked.has(url))
			asked.set(url, ask(url));
		asked.get(url).takers++;
	}
	route?.load().catch(() => {});
	setTimeout(later, SHORT_MS);
} else {
	login();
}
