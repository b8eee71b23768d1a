// SPDX-License-Identifier: Apache-2.0
// All words come from texts/: t('now.title'), t('members.found', {n: 3}).
import texts from '../texts/en.js';

function find(path) {
	return path.split('.').reduce((at, part) => at?.[part], texts);
}

/** Whether there is such a text. */
export const has = (path) => find(path) !== undefined;

/**
 * The text at a path with {name} filled in. A text with forms ({one, other}) is chosen by the value n.
 * A path without a text is shown as it is, so that it is seen.
 */
export function t(path, values = {}) {
	let text = find(path);

	if (text && typeof text === 'object') text = text[texts.plural(values.n ?? 0)] ?? text.other;
	if (typeof text !== 'string') return path;
	return text.replace(/\{(\w+)\}/g, (whole, name) => (values[name] === undefined ? whole : String(values[name])));
}

/** The text for a word of the API (a state, a reason, a kind), or the word itself without its underscores. */
export function word(group, name) {
	return has(`${group}.${name}`) ? t(`${group}.${name}`) : String(name ?? '').replaceAll('_', ' ');
}
