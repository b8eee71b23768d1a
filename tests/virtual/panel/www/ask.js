// SPDX-License-Identifier: Apache-2.0
/* Asking the panel's server, and building elements: text only ever becomes text. */

const SVG = 'http://www.w3.org/2000/svg';
const GONE = 'The virtual site does not answer: is make run still running?';

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
		else if (value === true) node.setAttribute(name, '');
		else if (value !== false && value != null) node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

/** An element with attributes (on… are listeners) and children (texts or elements). */
export function el(tag, attributes = {}, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

/** The same inside an svg. */
export function draw(tag, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Sets a text only where it differs: an aria-live region says it once. */
export function say(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

/** GET as JSON; throws where there is no answer. */
export async function get(path) {
	const answer = await fetch(path).catch(() => {
		throw new Error(GONE);
	});
	if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
	return answer.json();
}

/** Does something at a door; the text of the refusal, or ''. */
export async function act(door, verb, words = '') {
	try {
		const answer = await fetch(`/doors/${door}/${verb}`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json', 'X-Virtual-Door': '1' },
			body: JSON.stringify({ words }),
			keepalive: true,
		});
		return answer.ok ? '' : (await answer.json()).detail;
	} catch {
		return GONE;
	}
}
