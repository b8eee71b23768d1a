// SPDX-License-Identifier: Apache-2.0
import { h } from './dom.js';

/** Offers parts of text as a file to save. */
export function save(name, parts, type = 'text/csv;charset=utf-8') {
	const href = URL.createObjectURL(new Blob(parts, { type }));
	const link = h('a', { href, download: name });

	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(href), 60000);
}
