// SPDX-License-Identifier: Apache-2.0
// Files that people choose, or drop on the page.
import { refusal } from './api.js';
import { inText } from './dom.js';
import { t } from './texts.js';

const MOST_BYTES = 4 * 1024 * 1024; // what the hub takes at once
const LOOKED_AT = 4096; // bytes

/** The text of a CSV file; throws a sentence where it is none. Files of older spreadsheets are not in UTF-8. */
export async function textOf(file) {
	if (file.size > MOST_BYTES) throw refusal(t('file.too_big', { n: MOST_BYTES / 1024 / 1024 }));
	if (file.size === 0) throw refusal(t('file.empty', { file: inText(file.name) }));
	const bytes = await file.arrayBuffer();
	const start = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, LOOKED_AT));

	if (start[0] === 0x50 && start[1] === 0x4b) throw refusal(t('file.workbook')); // PK: a workbook is a zip
	if (start.includes(0)) throw refusal(t('file.no_text', { file: inText(file.name) }));
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		return new TextDecoder('windows-1252').decode(bytes);
	}
}

/** Makes a file that is dropped on zone one that was chosen there: take(file). */
export function dropOn(zone, take) {
	const over = (on) => (event) => {
		event.preventDefault();
		zone.classList.toggle('over', on);
	};

	zone.classList.add('drop');
	zone.addEventListener('dragover', over(true));
	zone.addEventListener('dragleave', over(false));
	zone.addEventListener('drop', (event) => {
		over(false)(event);
		if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
	});
	return zone;
}
