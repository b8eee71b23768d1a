// SPDX-License-Identifier: Apache-2.0
// Elements from plain calls. Texts become text nodes and nothing else: there is no way here to pass markup.

const SVG = 'http://www.w3.org/2000/svg';

/** Properties that must be set as such: as attributes they would only be a default. */
const PROPERTIES = new Set([
	'value',
	'checked',
	'selected',
	'indeterminate',
	'disabled',
	'hidden',
	'open',
	'htmlFor',
	'tabIndex',
	'readOnly',
	'required',
	'multiple',
]);
/** Attributes that load or go somewhere: only within this page. */
const LINKS = new Set(['href', 'src', 'action', 'formaction', 'xlink:href']);

function setLink(node, name, value) {
	// a name or note from outside must never become a javascript: link
	if (!/^(#|blob:|\/api\/v1\/|mailto:|https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])/.test(value))
		throw new Error(`a link to ${String(value).slice(0, 40)} is not ours`);
	node.setAttribute(name, value);
}

function setOne(node, name, value) {
	if (value === undefined || value === null) return;
	if (name === 'class') node.setAttribute('class', Array.isArray(value) ? value.filter(Boolean).join(' ') : value);
	else if (name === 'on') for (const [event, fn] of Object.entries(value)) node.addEventListener(event, fn);
	else if (name === 'data') Object.assign(node.dataset, value);
	else if (name === 'vars') for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
	else if (LINKS.has(name)) setLink(node, name, value);
	else if (PROPERTIES.has(name)) node[name] = value;
	else if (/^on/i.test(name) || name === 'style' || name === 'srcdoc') throw new Error(`${name} is not set here`);
	else if (value === true || value === false)
		// aria-* wants words, other attributes are there or not
		name.startsWith('aria-') ? node.setAttribute(name, String(value)) : node.toggleAttribute(name, value);
	else node.setAttribute(name, value);
}

function fill(node, props, children) {
	for (const [name, value] of Object.entries(props ?? {})) if (name !== 'value') setOne(node, name, value);
	node.append(
		...children
			.flat(Infinity)
			.filter((child) => child !== null && child !== undefined && child !== false)
			.map((child) => (child instanceof Node ? child : String(child))),
	);
	// a select's value needs its options
	if (props && 'value' in props) setOne(node, 'value', props.value);
	return node;
}

/**
 * An element: h('button', {class: 'primary', on: {click: fn}, 'aria-label': 'x'}, 'Text', child, [children], null).
 * `on` listeners, `data` dataset, `vars` CSS properties ({'--width': '40%'}); everything else an attribute or property.
 */
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);
/** The same for SVG. */
export const svg = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

/** A text from outside whose direction is its own. */
export const bdi = (text) => h('bdi', null, text ?? '');

/** The same inside a sentence or a label: marks around it only where its letters could turn what stands beside it. */
export const inText = (text) =>
	/[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/.test(text)
		? `\u2068${text}\u2069`
		: String(text ?? '');

/** Sets a node's text, only where it changed: no layout, no announcement for the same. */
export function setText(node, text) {
	if (node.textContent !== String(text ?? '')) node.textContent = String(text ?? '');
}

/** Puts these children in place of what was there. */
export function replace(node, ...children) {
	node.replaceChildren(
		...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
	);
	return node;
}

/** The same, where somebody may be at one of them: the focus goes to what stands in the same place then, or to the last. */
export function redraw(node, ...children) {
	const reach = () => [...node.querySelectorAll('h1, button, a, input, select, summary')],
		at = reach().indexOf(document.activeElement);

	replace(node, ...children);
	if (at >= 0)
		reach()
			.slice(0, at + 1)
			.at(-1)
			?.focus({ preventScroll: true });
	return node;
}

/**
 * Keeps a container's children as `items` say: rows that stay are updated where they are (focus and scroll stay too).
 * key(item) → text, make(item) → Node, update(node, item) optional, else a changed item's node is made again.
 */
export function keyed(container, items, key, make, update) {
	const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
	let at = container.firstElementChild;

	for (const item of items) {
		const name = String(key(item)),
			state = update ? '' : JSON.stringify(item);
		let node = old.get(name);

		old.delete(name);
		if (node && update) {
			update(node, item);
		} else if (!node || node.keyedState !== state) {
			const made = make(item);

			made.dataset.key = name;
			made.keyedState = state;
			if (node === at && node) at = node.nextElementSibling;
			node?.remove();
			node = made;
		}
		if (node === at) at = at.nextElementSibling;
		else container.insertBefore(node, at);
	}
	for (const node of old.values()) node.remove();
}

let counter = 0;
/** An id that no other element has. */
export const uid = (prefix = 'e') => `${prefix}${++counter}`;

/**
 * After the next paint: what is drawn is seen, and a hand on the page is answered, before more is drawn. Throws AbortError
 * where the view was left meanwhile. A window that nobody sees has no frames.
 */
export const breath = (signal) =>
	new Promise((resolve, reject) => {
		const done = () => (signal?.aborted ? reject(signal.reason) : resolve());

		setTimeout(done, 100);
		requestAnimationFrame(() => setTimeout(done));
	});

const PART = 4, // of a list, drawn in one go at first
	QUICK_MS = 25,
	SLOW_MS = 32;

/**
 * Draws a list part by part, a breath after each, so that none of them keeps a hand waiting: draw(items) gets the next
 * ones, more at once where that is quick here. Throws AbortError where the view was left meanwhile.
 */
export async function inParts(items, draw, signal) {
	for (let at = 0, part = document.hidden ? items.length : PART; at < items.length;) {
		const start = performance.now();

		draw(items.slice(at, at + part));
		at += part;
		await breath(signal);
		const took = performance.now() - start;

		if (took < QUICK_MS) part *= 2;
		else if (took > SLOW_MS) part = Math.max(2, part >> 1);
	}
}

/** Calls fn once things were quiet for ms. */
export function debounce(fn, ms) {
	let timer;

	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(() => fn(...args), ms);
	};
}

/** Loads a view's own sheet: `await sheet(new URL('now.css', import.meta.url))` at the top of its module, so that nothing jumps. */
export function sheet(url) {
	if (document.querySelector(`link[data-sheet="${CSS.escape(url.pathname)}"]`)) return Promise.resolve();
	return new Promise((resolve, reject) => {
		const link = document.createElement('link');

		Object.assign(link, {
			rel: 'stylesheet',
			href: url.href,
			onload: () => resolve(),
			onerror: () => reject(new Error(url.pathname)),
		});
		link.dataset.sheet = url.pathname;
		document.head.append(link);
	});
}
