// SPDX-License-Identifier: Apache-2.0
// Is the log whole? Asked of every hash and signature, beside the hub's other work; the answer in words.
import { bdi, h, replace, setText } from '../lib/dom.js';
import { get, post, aborted } from '../lib/api.js';
import { dialog, sentence } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { momentOf } from '../lib/time.js';
import { t } from '../lib/texts.js';

const LOOK_MS = 400;

const wait = (ms, signal) =>
	new Promise((done, fail) => {
		const timer = setTimeout(done, ms);

		signal.addEventListener(
			'abort',
			() => {
				clearTimeout(timer);
				fail(new DOMException('', 'AbortError'));
			},
			{ once: true },
		);
	});

function chainRow(chain) {
	return h(
		'li',
		null,
		h(
			'span',
			{ class: ['badge', chain.whole ? 'good' : 'bad'] },
			icon(chain.whole ? 'ok' : 'alert', 14),
			t(chain.whole ? 'verify.whole' : 'verify.broken'),
		),
		' ',
		h('strong', null, bdi(chain.door)),
		' ',
		h(
			'span',
			{ class: 'muted' },
			t('verify.chain', {
				n: chain.entries,
				first: chain.first_seq,
				last: chain.last_seq,
				signed: chain.signed_entries,
			}),
		),
		chain.why ? h('p', { class: chain.whole ? 'note' : 'fault' }, bdi(chain.why)) : '',
	);
}

function outcome({ result, ended }) {
	const entries = result.chains.reduce((sum, chain) => sum + chain.entries, 0);

	return [
		h(
			'p',
			{ class: ['callout', result.whole ? 'good' : 'bad'] },
			icon(result.whole ? 'ok' : 'alert'),
			' ',
			t(result.whole ? 'verify.all_whole' : 'verify.not_whole', { n: entries, chains: result.chains.length }),
		),
		result.whole ? null : h('p', null, t('verify.what_to_do')),
		h('ul', { class: 'plain lines' }, result.chains.map(chainRow)),
		h('p', { class: 'note' }, t('verify.at', { when: momentOf(ended) })),
	];
}

/** Starts it, or joins one that runs; a dialog shows how far it is, then what came of it. */
export async function verifyLog() {
	const leaving = new AbortController();
	const said = h('p', null, t('verify.starting')),
		spoken = h('p', { class: 'hidden', role: 'status' }),
		bar = h('progress', { max: 1, 'aria-label': t('log.verify') });
	const body = h('div', { class: 'verify' }, said, bar);
	const shown = dialog(t('log.verify'), (close) => [
		body,
		spoken,
		h(
			'footer',
			{ class: 'actions' },
			h('button', { type: 'button', autofocus: true, on: { click: () => close() } }, t('dialog.close')),
		),
	]).then(() => leaving.abort());

	try {
		let now = await post('/log/verification', undefined, { signal: leaving.signal });

		while (now.state === 'running') {
			setText(said, t('verify.running', { n: now.done, of: now.of }));
			bar.max = Math.max(1, now.of);
			bar.value = now.done;
			await wait(LOOK_MS, leaving.signal);
			now = await get('/log/verification', {}, { signal: leaving.signal });
		}
		replace(body, now.result ? outcome(now) : h('p', { class: 'fault' }, t('verify.failed')));
		setText(spoken, body.firstElementChild.textContent); // how far it is says the bar; this is what matters
	} catch (error) {
		if (!aborted(error)) replace(body, h('p', { class: 'fault' }, sentence(error)));
	}
	await shown;
}
