// SPDX-License-Identifier: Apache-2.0
// Who are you: the first thing, and what a locked desk shows.
import { h, replace } from '../lib/dom.js';
import { Problem, refusal } from '../lib/api.js';
import { form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { enter, lastOperator } from '../lib/session.js';
import { t } from '../lib/texts.js';

const WHYS = new Set(['idle', 'ended', 'away', 'out']);

/** How long somebody has to wait, in what people count in. */
const wait = (seconds) =>
	seconds < 100 ? t('login.wait', { n: seconds }) : t('login.wait_long', { n: Math.ceil(seconds / 60) });

async function send({ operator, password }) {
	try {
		await enter(operator, password);
	} catch (error) {
		if (error instanceof Problem && error.status === 401) throw refusal(t('login.wrong'), 'password');
		if (error instanceof Problem && error.status === 429) throw refusal(wait(error.retryS ?? 30));
		throw error;
	}
}

/** Draws the login into root; why: 'idle', 'ended', 'away', 'out' or nothing; kept: whether a form waits for who was here. */
export function login(root, why, kept = false) {
	const name = lastOperator();
	const node = form(
		[
			{
				name: 'operator',
				label: t('login.operator'),
				value: name,
				required: true,
				autocomplete: 'username',
				autofocus: !name,
			},
			{
				name: 'password',
				label: t('login.password'),
				type: 'password',
				required: true,
				autocomplete: 'current-password',
				autofocus: Boolean(name),
			},
		],
		{ submit: t('login.enter'), send },
	);

	replace(
		root,
		h(
			'main',
			{ class: 'login' },
			h(
				'div',
				{ class: 'login-box' },
				h('h1', null, icon('door', 28), ' tapin'),
				h(
					'p',
					{ class: 'muted', role: 'status' },
					t(WHYS.has(why) ? `login.${why}` : 'login.hello'),
					kept ? ` ${t('login.kept')}` : '',
				),
				node,
				h('details', null, h('summary', null, t('login.lost')), h('p', { class: 'note' }, t('login.lost_how'))),
			),
		),
	);
	(name ? node.fields.password : node.fields.operator).input.focus();
}
