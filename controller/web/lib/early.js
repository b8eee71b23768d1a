// SPDX-License-Identifier: Apache-2.0
// What the first view needs, under way while the other modules of the page are: its own module, and the hub's first answers.
import { parse, routes } from './routes.js';

const SHORT_MS = 10000; // by then nobody wants them any more
const asked = new Map();

/** The answer to a GET of this address, where it was asked for at the start; once. */
export function taken(url) {
	const answer = asked.get(url);

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

	for (const path of ['/session', '/site', ...((whole && route?.asks) || [])]) {
		const answer = fetch(`/api/v1${path}`, { headers: { Accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store' });

		answer.catch(() => {}); // whoever takes it is told
		asked.set(`/api/v1${path}`, answer);
	}
	route?.load().catch(() => {});
	setTimeout(later, SHORT_MS);
} else {
	login();
}
