// SPDX-License-Identifier: Apache-2.0
// The log as a spreadsheet: fetched part by part, so that neither the hub nor the page holds its breath.
import { h, setText } from '../lib/dom.js';
import { request } from '../lib/api.js';
import { dialog, toast } from '../lib/dialog.js';
import { save } from '../lib/save.js';
import { dateOf } from '../lib/time.js';
import { t } from '../lib/texts.js';

const PART = 5000; // rows: the most that the API gives at once

const nextCursor = (response) => /[?&]cursor=([0-9a-f]+)/.exec(response.headers.get('Link') ?? '')?.[1];

/** Every row that the query asks for, in a file. A dialog tells how far it is, and cancels. */
export async function exportLog(query) {
	const waiting = new AbortController();
	const said = h('p', { role: 'status' }, t('log.exporting', { n: 0 }));
	const parts = [];
	let rows = 0,
		done = false;
	const shown = dialog(t('log.export'), (close) => {
		said.close = close;
		return [
			said,
			h(
				'footer',
				{ class: 'actions' },
				h('button', { type: 'button', autofocus: true, on: { click: () => close() } }, t('dialog.cancel')),
			),
		];
	}).then(() => done || waiting.abort());

	try {
		let cursor;

		do {
			const { data, response } = await request('GET', '/log', {
				query: { ...query, limit: PART, cursor },
				accept: 'text/csv',
				signal: waiting.signal,
			});

			parts.push(cursor ? data.slice(data.indexOf('\n') + 1) : data);
			rows += data.split('\n').length - 2;
			setText(said, t('log.exporting', { n: rows }));
			cursor = nextCursor(response);
		} while (cursor);
		save(`tapin-log-${dateOf()}.csv`, parts);
		toast(t('log.exported', { n: rows }));
	} finally {
		done = true;
		said.close();
		await shown;
	}
}
