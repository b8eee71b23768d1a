// SPDX-License-Identifier: Apache-2.0
// The hub's answers that early.js asked for while the modules of the page were still on their way.

const SHORT_MS = 10000; // by then nobody wants them any more
const asked = (globalThis.tapinEarly ??= new Map()); // whichever of the two is first

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

setTimeout(() => {
	drop();
	import('../view/login.js').catch(() => {}); // a desk that locks while the hub is away has it
}, SHORT_MS);
