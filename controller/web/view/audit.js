// SPDX-License-Identifier: Apache-2.0
// What operators did: who changed what, from what to what. For auditors and admins.
import { bdi, h, replace, sheet } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { field } from '../lib/form.js';
import { pager } from '../lib/pager.js';
import { addDays, dayOf, momentOf, secondOf, toUtc } from '../lib/time.js';
import { has, t, word } from '../lib/texts.js';

await sheet(new URL('./audit.css', import.meta.url));

export const title = () => t('audit.title');

const FILTERS = ['actor', 'action', 'object', 'from', 'until'];
const NOUNS = [
	'member.',
	'card.',
	'door.',
	'site.',
	'tier.',
	'exception.',
	'holiday.',
	'event.',
	'guest.',
	'pool.',
	'presence.',
	'allowance.',
	'operator.',
	'session.',
	'log.',
	'report.',
	'alarm.',
	'retention.',
	'backup.',
];
const PAGES = { member: (id) => `#/members/${id}`, event: (id) => `#/checkin/${id}`, card: (id) => `#/log?card=${id}` };

const actionText = (action) =>
	has(`audit_action.${action.replace('.', '_')}`)
		? t(`audit_action.${action.replace('.', '_')}`)
		: action.replace('.', ': ').replaceAll('_', ' ');

/** "member/17" as a link where it has a page. */
function objectNode(object) {
	const [noun, id] = object.split('/', 2);
	const text = `${word('audit_noun', noun)} ${id ?? ''}`;

	return PAGES[noun] && /^\d+$/.test(id ?? '') ? h('a', { href: PAGES[noun](id) }, text) : bdi(text);
}

// a whole time of the hub's, and not what somebody called a member
const isMoment = (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value));

function valueText(value) {
	if (value === null || value === undefined || value === '') return t('audit.nothing');
	if (Array.isArray(value)) return value.length ? value.map(valueText).join(', ') : t('audit.nothing');
	if (typeof value === 'object')
		return Object.entries(value)
			.map(([name, one]) => `${word('audit_field', name)} ${valueText(one)}`)
			.join(', ');
	if (isMoment(value)) return momentOf(value);
	return value === true ? t('audit.yes') : value === false ? t('audit.no') : String(value);
}

const bare = (value) =>
	value === null ||
	value === undefined ||
	value === '' ||
	value === false ||
	(Array.isArray(value) && value.length === 0);

/** Field by field: what was, what is. Of what came or went as a whole only what it says, and folded. */
function changes({ before, after }) {
	const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
		(name) =>
			!['version', 'id'].includes(name) &&
			JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]) &&
			!(bare(before?.[name]) && bare(after?.[name])),
	);
	const list = h(
		'dl',
		{ class: 'facts small' },
		names.map((name) => [
			h('dt', null, word('audit_field', name)),
			h(
				'dd',
				null,
				before ? [h('s', { class: 'muted' }, bdi(valueText(before[name]))), after ? ' → ' : ''] : '',
				after ? bdi(valueText(after[name])) : '',
			),
		]),
	);

	if (!names.length) return h('span', { class: 'muted' }, '–');
	const what = after?.name ?? after?.title ?? after?.label ?? before?.name ?? before?.title ?? '';

	return before && after
		? list
		: h('details', null, h('summary', null, what ? bdi(what) : t('audit.values', { n: names.length })), list);
}

function row(item) {
	return h(
		'tr',
		null,
		h(
			'th',
			{ scope: 'row', class: 'time' },
			h('time', { datetime: item.at }, secondOf(item.at)),
			h('br'),
			h('span', { class: 'note' }, dayOf(item.at)),
			h('span', { class: 'narrow' }, bdi(item.actor)),
		),
		h('td', { class: 'wide-only' }, bdi(item.actor)),
		h(
			'td',
			null,
			actionText(item.action),
			h('br'),
			objectNode(item.object),
			h('div', { class: 'narrow' }, changes(item)),
		),
		h('td', { class: 'wide-only' }, changes(item)),
	);
}

function apiQuery(filter) {
	return {
		actor: filter.actor,
		action: filter.action,
		object: filter.object,
		from: filter.from && toUtc(filter.from),
		until: filter.until && toUtc(addDays(filter.until, 1)),
	};
}

export async function show(root, { query, setQuery }) {
	const filter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? '']));
	const table = pager({
		caption: title(),
		empty: t('audit.empty'),
		row,
		columns: ['time', 'actor', 'action', 'changed'].map((name) => ({
			label: t(`audit.${name}`),
			class: ['actor', 'changed'].includes(name) ? 'wide-only' : null,
		})),
		fetch: (cursor, signal) => get('/audit', { limit: 50, cursor, ...apiQuery(filter) }, { signal }),
	});
	const change = (event) => {
		filter[event.target.name] = event.target.value.trim();
		setQuery(filter);
		table.load();
	};
	const input = (name, type, more) =>
		field({ name, type, label: t(`audit.${name}`), optional: false, value: filter[name], on: { change }, ...more })
			.node;

	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, title()),
			h('a', { class: 'button', href: '#/log' }, t('audit.to_log')),
		),
		h(
			'div',
			{ class: 'card toolbar' },
			input('actor', 'text'),
			input('action', 'select', {
				options: [['', t('audit.any')], ...NOUNS.map((noun) => [noun, word('audit_noun', noun.slice(0, -1))])],
			}),
			input('object', 'text', { placeholder: 'member/17' }),
			input('from', 'date'),
			input('until', 'date'),
		),
		h('div', { class: 'card' }, table),
	);
	await table.load();
}
