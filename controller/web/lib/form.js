// SPDX-License-Identifier: Apache-2.0
// Forms from a list of fields; what the hub refuses is shown at the field that it names.
import { h, replace, setText, uid } from './dom.js';
import { t } from './texts.js';
import { Problem, aborted } from './api.js';
import { sentence, stale } from './dialog.js';

function control(field, id) {
	const shared = {
		id,
		name: field.name,
		required: field.required,
		disabled: field.disabled,
		autofocus: field.autofocus,
		'aria-describedby': `${id}-note`,
		on: field.on,
	};

	if (field.type === 'select')
		return h(
			'select',
			{ ...shared, value: field.value ?? field.options[0]?.[0] ?? '' },
			field.options.map(([value, text, off]) => h('option', { value, disabled: off }, text)),
		);
	if (field.type === 'textarea')
		return h('textarea', {
			...shared,
			rows: field.rows ?? 3,
			maxlength: field.max,
			value: field.value ?? '',
			spellcheck: field.spellcheck ?? false,
		});
	if (field.type === 'checkbox') return h('input', { ...shared, type: 'checkbox', checked: Boolean(field.value) });
	return h('input', {
		...shared,
		type: field.type ?? 'text',
		maxlength: field.max,
		min: field.min,
		max: field.most,
		step: field.step,
		value: field.value ?? '',
		autocomplete: field.autocomplete ?? 'off',
		inputmode: field.inputmode,
		placeholder: field.placeholder,
		list: field.list,
		spellcheck: false,
	});
}

/**
 * One labelled field: {name, label, type (text, number, date, time, month, password, select, textarea, checkbox), value,
 * required, note, options [[value, text, disabled]] …}; or {name, label, node} for a control of the caller's own with value().
 * Answers {node, input, name, was (what it read at first), read(), write(value), fault(text), say(text)}.
 */
export function field(spec) {
	const id = uid('f'),
		input = spec.node ?? control(spec, id);
	const note = h('span', { class: 'note', id: `${id}-note` }, spec.note ?? '');
	const label = h(
		'label',
		{ htmlFor: spec.node ? undefined : id },
		spec.label,
		spec.required || spec.optional === false || spec.node || ['checkbox', 'select'].includes(spec.type)
			? ''
			: h('span', { class: 'optional' }, ` ${t('form.optional')}`),
	);
	const node =
		spec.type === 'checkbox'
			? h('div', { class: 'field check' }, input, label, note)
			: h('div', { class: 'field' }, label, input, note);

	const made = {
		node,
		input,
		name: spec.name,
		read() {
			if (spec.read) return spec.read();
			if (spec.type === 'checkbox') return input.checked;
			return spec.type === 'number'
				? input.value === ''
					? null
					: Number(input.value)
				: input.value.trim() === ''
					? null
					: input.value.trim();
		},
		write(value) {
			if (spec.type === 'checkbox') input.checked = value;
			else input.value = value ?? '';
		},
		/** Beside it until somebody goes at it: no fault, but to be looked at. */
		say(text) {
			node.classList.toggle('told', Boolean(text));
			setText(note, text || spec.note || '');
		},
		fault(text) {
			node.classList.remove('told');
			input.setAttribute?.('aria-invalid', String(Boolean(text)));
			node.classList.toggle('invalid', Boolean(text));
			setText(note, text || spec.note || '');
		},
	};

	// what is wrong is wrong until somebody goes at it
	input.addEventListener?.('input', () => node.matches('.invalid, .told') && made.fault(''));
	made.was = made.read();
	return made;
}

/** Shows a problem at the fields it names, the rest above the buttons. */
function show(error, fields, said) {
	let rest = error instanceof Problem && error.errors.length ? '' : sentence(error);

	for (const one of error.errors ?? []) {
		const at = fields.find((item) => item.name === one.field || one.field?.startsWith(`${item.name}.`));

		if (at) at.fault(one.detail);
		else rest = [rest, one.field ? `${one.field}: ${one.detail}` : one.detail].filter(Boolean).join(' ');
	}
	setText(said, rest);
	(fields.find((item) => item.node.classList.contains('invalid'))?.input ?? said).focus?.();
}

/**
 * A form. specs: fields as above, arrays of fields side by side, or nodes to stand between them; submit: the button's word; send(values): async, what it
 * throws is shown here; cancel: optional function; fresh(): async, where the hub may refuse what somebody else changed meanwhile,
 * the fields anew as specs. values has null for what is empty. A node of the caller's own with .field is a field, too.
 */
export function form(specs, { submit, send, cancel, fresh, danger = false }) {
	const fields = [];
	const nodes = specs.filter(Boolean).map(function nodeOf(spec) {
		if (spec.field) fields.push(spec.field);
		if (spec instanceof Node) return spec;
		if (Array.isArray(spec)) return h('div', { class: 'pair' }, spec.map(nodeOf));
		const made = field(spec);

		fields.push(made);
		return made.node;
	});
	const said = h('p', { class: 'said fault', role: 'alert', tabIndex: -1 });
	const now = async () =>
		Object.fromEntries(
			(await fresh())
				.flat()
				.filter((spec) => spec?.name)
				.map((spec) => [spec.name, field(spec).read()]),
		);
	const button = h('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, submit);
	const node = h('form', {
		class: 'form',
		novalidate: true,
		on: {
			async submit(event) {
				event.preventDefault();
				fields.forEach((item) => item.fault(''));
				setText(said, '');
				said.classList.add('fault');
				const missing = fields.filter((item) => item.input.required && item.read() === null);

				missing.forEach((item) => item.fault(t('form.missing')));
				// half a date reads like none: it must not be taken for "no end"
				const half = fields.filter((item) => item.input.validity?.badInput);

				half.forEach((item) => item.fault(t('form.half')));
				if (missing.length || half.length)
					return fields.find((item) => half.includes(item) || missing.includes(item)).input.focus();
				button.disabled = true;
				try {
					await send(Object.fromEntries(fields.map((item) => [item.name, item.read()])));
				} catch (error) {
					if (fresh && stale(error)) (await import('./stale.js')).offerFresh(said, fields, now);
					else if (!aborted(error)) show(error, fields, said);
				} finally {
					button.disabled = false;
				}
			},
		},
	});

	replace(
		node,
		nodes,
		said,
		h(
			'div',
			{ class: 'actions' },
			cancel && h('button', { type: 'button', on: { click: cancel } }, t('dialog.cancel')),
			button,
		),
	);
	node.fields = Object.fromEntries(fields.map((item) => [item.name, item]));
	return node;
}
