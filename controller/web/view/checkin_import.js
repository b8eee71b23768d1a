// SPDX-License-Identifier: Apache-2.0
// A list of guests from a file, or pasted: what would come of each line first, then all of it or none.
import { bdi, debounce, h, replace, setText } from '../lib/dom.js';
import { request } from '../lib/api.js';
import { dialog, sentence, toast } from '../lib/dialog.js';
import { dropOn, textOf } from '../lib/file.js';
import { field } from '../lib/form.js';
import { t } from '../lib/texts.js';

const TONE = { error: 'bad', created: 'good', changed: 'good', unchanged: '' };

/** lines: of the file, the header first; first: how many of them nobody typed. */
function rowsList(rows, lines, first) {
	const wrong = rows.filter((row) => row.effect === 'error'),
		rest = rows.filter((row) => row.effect !== 'error');

	return h(
		'ul',
		{ class: 'plain lines preview', tabIndex: 0, 'aria-label': t('checkin.preview') },
		[...wrong, ...rest].map((row) =>
			h(
				'li',
				{ class: 'split' },
				h(
					'span',
					null,
					h('span', { class: 'muted' }, t('checkin.import_line', { n: row.line - first }), ' '),
					bdi(lines[row.line - 1] ?? ''),
					row.effect !== 'error' &&
						h(
							'span',
							{ class: 'block muted' },
							row.member
								? [t('checkin.import_member'), ' ', bdi(row.member_name || t('entry.member', { id: row.member }))]
								: t('checkin.import_name'),
						),
					row.detail
						? h('span', { class: ['block', row.effect === 'error' ? 'fault' : 'muted'] }, bdi(row.detail))
						: '',
				),
				h('span', { class: ['badge', TONE[row.effect]] }, t(`checkin.effect_${row.effect}`)),
			),
		),
	);
}

const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
const namesOf = (text) =>
	text
		.split(/\r?\n/)
		.map((line) => line.trim())
		.filter(Boolean);

/** True when it was taken. */
export const importDialog = (event) =>
	dialog(
		t('checkin.import'),
		(close) => {
			const path = `/events/${event.id}/guests/import`;
			const said = h('p', { role: 'status', class: 'verdict' }),
				place = h('div');
			const go = h(
				'button',
				{ type: 'button', class: 'primary', disabled: true, on: { click: () => take() } },
				t('checkin.import_do'),
			);
			let csv = '',
				asked = 0;

			async function preview(text, typed) {
				const mine = ++asked;

				csv = text;
				go.disabled = true;
				try {
					const { data } = await request('POST', path, { csv, query: { preview: 'true' } });

					if (mine !== asked) return;
					replace(place, rowsList(data.rows, typed ?? text.split(/\r?\n/), typed ? 1 : 0));
					setText(
						said,
						data.errors
							? t('checkin.import_bad', { n: data.errors })
							: t('checkin.import_sum', { n: data.created, same: data.unchanged }),
					);
					said.className = `verdict ${data.errors ? 'fault' : ''}`;
					go.disabled = data.errors > 0 || data.created + data.changed === 0;
				} catch (error) {
					fail(error, mine);
				}
			}
			async function takeFile(chosen) {
				const mine = ++asked;

				go.disabled = true;
				try {
					await preview(await textOf(chosen));
				} catch (error) {
					fail(error, mine);
				}
			}
			/** As the file they would be. */
			const previewNames = (typed) =>
				typed.length > 0 && preview(['name', ...typed.map(quoted)].join('\n'), ['', ...typed]);

			function fail(error, mine) {
				if (mine !== asked) return;
				replace(place);
				said.className = 'verdict fault';
				setText(said, [sentence(error), ...(error.errors ?? []).map((one) => one.detail)].join(' '));
			}
			async function take() {
				go.disabled = true;
				try {
					const { data } = await request('POST', path, { csv });

					toast(t('checkin.imported', { n: data.created }));
					close(true);
				} catch (error) {
					fail(error, asked);
					go.disabled = false;
				}
			}
			// a file that was mended is read again although its name is the same
			const file = field({
				name: 'file',
				label: t('checkin.file'),
				optional: false,
				type: 'file',
				note: `${t('checkin.file_note')} ${t('checkin.or_drop')}`,
				on: {
					click: () => {
						file.input.value = '';
					},
					change: () => file.input.files[0] && takeFile(file.input.files[0]),
				},
			});
			const soon = debounce(() => {
				previewNames(namesOf(names.input.value));
			}, 300);
			const names = field({
				name: 'names',
				label: t('checkin.paste'),
				optional: false,
				type: 'textarea',
				rows: 4,
				note: t('checkin.paste_note'),
				on: { input: soon },
			});

			file.input.accept = '.csv,text/csv';
			return [
				h('div', { class: 'two' }, dropOn(file.node, takeFile), names.node),
				said,
				place,
				h(
					'footer',
					{ class: 'actions' },
					h('button', { type: 'button', on: { click: () => close() } }, t('dialog.cancel')),
					go,
				),
			];
		},
		{ wide: true },
	);
