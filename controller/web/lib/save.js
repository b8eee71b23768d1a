// SPDX-License-Identifier: Apache-2.0
import { h } from './dom.js';

/** Offers parts of text as a file to save; lists with the mark by which spreadsheets know that letters are UTF-8. */
export function save(name, parts, type = 'text/csv;charset=utf-8') {
	const mark = type.startsWith('text/csv') ? ['\uFEFF'] : [];
	const href = URL.createObjectURL(new Blob([...mark, ...parts], { type }));
	const link = h('a', { href, download: name });

	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(href), 60000);
}
