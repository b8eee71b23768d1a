// SPDX-License-Identifier: Apache-2.0
// Lists as files for a spreadsheet, and back.
const COLUMNS = [
	'id',
	'name',
	'contact',
	'note',
	'tier',
	'state',
	'valid_from',
	'valid_until',
	'grace_until',
	'release_ms',
];

/** A cell that no spreadsheet computes: an apostrophe before what would be a formula, as the hub's own sheets have it. */
export function cell(value) {
	const text = String(value ?? ''),
		guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;

	return guarded !== text || /[",\r\n]/.test(text) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Members as a file that the import takes again. */
export const sheetOf = (members) =>
	[COLUMNS, ...members.map((one) => COLUMNS.map((name) => (name === 'release_ms' && !one[name] ? '' : one[name])))]
		.map((line) => line.map(cell).join(','))
		.join('\r\n') + '\r\n';
