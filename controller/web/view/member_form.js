// SPDX-License-Identifier: Apache-2.0
// The fields of a member, for a new one and for a change.
import { all, get, patch, post, Problem } from '../lib/api.js';
import { form } from '../lib/form.js';
import { session } from '../lib/session.js';
import { t } from '../lib/texts.js';

const RELEASES_S = [5, 8, 10, 15, 20, 30, 60];

function tierOptions(tiers, member) {
	const guarded = (tier) =>
		session()?.role === 'host' && tier.flags.some((flag) => flag === 'staff' || flag === 'override');

	return [
		...(member ? [] : [['', t('member.tier_choose')]]),
		...tiers.map((tier) => [tier.id, guarded(tier) ? t('member.tier_admin', { name: tier.name }) : tier.name]),
	];
}

function releaseOptions(now) {
	const seconds = [...new Set([...RELEASES_S, ...(now ? [now / 1000] : [])])].sort((a, b) => a - b);

	return [['0', t('member.release_usual')], ...seconds.map((s) => [String(s * 1000), t('member.release_s', { n: s })])];
}

/** What differs: what is sent, and what takes it back. */
function differing(values, member) {
	const names = Object.keys(values).filter((name) => values[name] !== (member[name] ?? null));

	return {
		next: Object.fromEntries(names.map((name) => [name, values[name]])),
		before: Object.fromEntries(names.map((name) => [name, member[name]])),
	};
}

/** What no member can have, said before the hub says it. */
function check({ valid_from: from, valid_until: until, grace_until: grace }) {
	const errors = [
		from && until && until < from && { field: 'valid_until', detail: t('member.until_before_from') },
		grace && !until && { field: 'grace_until', detail: t('member.grace_without_until') },
		grace && until && grace < until && { field: 'grace_until', detail: t('member.grace_before_until') },
	].filter(Boolean);

	if (errors.length) throw new Problem(0, { errors });
}

async function send(values, member) {
	const body = {
		...values,
		contact: values.contact ?? '',
		note: values.note ?? '',
		tier: Number(values.tier),
		pool: values.pool ? Number(values.pool) : null,
		release_ms: Number(values.release_ms),
	};

	if (!member) return { member: await post('/members', body) };
	const { next, before } = differing(body, member);

	if (Object.keys(next).length === 0) return { member, before };
	return { member: await patch(`/members/${member.id}`, next, { version: member.version }), before };
}

/**
 * A form for a new member, or to change one. done(answer) is called with nothing when it is given up; for a new one with the
 * member, for a change with {member, before (fields as they were)}.
 */
export function memberForm({ member, tiers, pools = [], done }) {
	const fields = () => [
		{
			name: 'name',
			label: t('member.name'),
			value: member?.name,
			required: true,
			max: 200,
			autofocus: true,
			note: t('member.name_note'),
		},
		{ name: 'contact', label: t('member.contact'), value: member?.contact, max: 200, note: t('member.contact_note') },
		{
			name: 'tier',
			label: t('member.tier'),
			type: 'select',
			required: true,
			value: member?.tier ?? '',
			options: tierOptions(tiers, member),
			note: t('member.tier_note'),
		},
		pools.length > 0 && {
			name: 'pool',
			label: t('member.pool'),
			type: 'select',
			value: member?.pool ?? '',
			options: [['', t('member.pool_none')], ...pools.map((pool) => [pool.id, pool.name])],
			note: t('member.pool_note'),
		},
		{
			name: 'valid_from',
			label: t('member.from'),
			type: 'date',
			value: member?.valid_from,
			note: t('member.from_note'),
		},
		{
			name: 'valid_until',
			label: t('member.until'),
			type: 'date',
			value: member?.valid_until,
			note: t('member.until_note'),
		},
		{
			name: 'grace_until',
			label: t('member.grace'),
			type: 'date',
			value: member?.grace_until,
			note: t('member.grace_note'),
		},
		{
			name: 'release_ms',
			label: t('member.release'),
			type: 'select',
			value: String(member?.release_ms ?? 0),
			options: releaseOptions(member?.release_ms),
			note: t('member.release_note'),
		},
		{
			name: 'note',
			label: t('member.note'),
			type: 'textarea',
			rows: 2,
			value: member?.note,
			max: 500,
			note: t('member.note_note'),
		},
	];
	const node = form(fields(), {
		submit: t(member ? 'member.save' : 'members.add'),
		cancel: () => done(),
		async send(values) {
			check(values);
			// without pools there is no field: then it stays what it is, and is not taken for none
			const pool = 'pool' in values ? values.pool : (member?.pool ?? null);
			const answer = await send({ ...values, pool }, member);

			done(member ? answer : answer.member);
		},
		async fresh() {
			member = await get(`/members/${member.id}`);
			return fields();
		},
	});

	node.classList.add('member-form');
	return node;
}

/** The pools, for the form; few. */
export const loadPools = (signal) => all('/pools', {}, 500, { signal });
