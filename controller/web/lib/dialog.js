// SPDX-License-Identifier: Apache-2.0
// Questions, and what was done, with its way back.
import { h, replace, uid } from './dom.js';
import { icon } from './icon.js';
import { t } from './texts.js';
import { Problem, aborted } from './api.js';

const TOAST_MS = 8000;
const UNDO_MS = 20000; // long enough to read what happened and to change one's mind

let tray = null; // while somebody is logged in

/** Where toasts appear: made by the shell, for one operator. */
export function toastTray() {
	tray = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
	return tray;
}

/** Beside an open question nothing else can be reached, so what is said moves into it. */
const placeTray = () =>
	tray && ([...document.querySelectorAll('dialog[open]')].at(-1) ?? document.getElementById('app')).append(tray);

/**
 * Says what was done. options: kind 'good' | 'bad' | 'info', undo: async function, or does: {text, run} for another button,
 * ms. Returns what takes it away.
 */
export function toast(text, { kind = 'good', undo, does, ms } = {}) {
	if (!tray) return () => {}; // it was for somebody who has left
	const node = h('div', { class: ['toast', kind] }, icon(kind === 'bad' ? 'alert' : 'ok'), h('span', null, text));
	let timer;
	// a button that was disabled while it worked has lost it to the whole page by now
	const before = document.activeElement === document.body ? null : document.activeElement;
	const gone = () => {
		const inside = node.contains(document.activeElement);

		clearTimeout(timer);
		node.remove();
		if (!inside) return;
		// the keyboard goes on where it was, not from the top of the page; what was pressed may be disabled, or gone
		for (const place of [before, document.getElementById('view')])
			if (document.activeElement === document.body) place?.focus({ preventScroll: true });
	};
	const wait = () => {
		clearTimeout(timer);
		timer = setTimeout(gone, ms ?? (undo || does ? UNDO_MS : kind === 'bad' ? 2 * TOAST_MS : TOAST_MS));
	};

	// it does not go from under the keys of somebody who is at it
	node.addEventListener('focusin', () => clearTimeout(timer));
	node.addEventListener('focusout', wait);
	const button = (shape, words, run) => {
		const click = async () => {
			gone();
			await attempt(run);
		};

		node.append(h('button', { type: 'button', class: 'quiet', on: { click } }, icon(shape), words));
	};

	if (does) button('undo', does.text, does.run);
	if (undo)
		button('undo', t('toast.undo'), async () => {
			await undo();
			toast(t('toast.undone'));
		});
	node.append(
		h(
			'button',
			{ type: 'button', class: 'quiet square', 'aria-label': t('toast.close'), on: { click: gone } },
			icon('no', 16),
		),
	);
	tray.append(node);
	while (tray.children.length > 4) tray.firstElementChild.remove();
	wait();
	return gone;
}

/** Whether somebody else changed it meanwhile: lib/stale.js says what then. */
export const stale = (error) => error instanceof Problem && error.status === 412;

/** What a failure says to a person: title and detail of a problem, or a plain sentence. */
export function sentence(error) {
	if (error instanceof Problem && error.status === 401) return t('problem.ended');
	if (stale(error)) return t('stale.said');
	if (error instanceof Problem) return error.detail || error.title || t('problem.unknown');
	// a part of the page that comes when it is wanted
	if (error instanceof TypeError && /import/i.test(error.message)) return t('problem.away_detail');
	return t('problem.page', { what: error?.message ?? String(error) });
}

/** Runs fn; a failure becomes a toast, but for the end of the session, which the login says. Answers what fn did, or undefined. */
export async function attempt(fn) {
	try {
		return await fn();
	} catch (error) {
		if (stale(error)) (await import('./stale.js')).tellStale();
		else if (!aborted(error) && error?.status !== 401) toast(sentence(error), { kind: 'bad' });
		return undefined;
	}
}

/**
 * A dialog with a title and content; answers what close(value) was given, undefined when it was dismissed.
 * build(close) → children. options: wide.
 */
export function dialog(title, build, { wide = false } = {}) {
	if (!tray) return Promise.resolve(); // nothing is asked on a locked page
	return new Promise((resolve) => {
		const id = uid('dialog'),
			node = h('dialog', { class: ['dialog', wide && 'wide'], 'aria-labelledby': id });
		const before = document.activeElement;
		let answer;
		const close = (value) => {
			answer = value;
			node.close();
		};
		const leave = () => node.close(); // to another view

		replace(
			node,
			h(
				'header',
				null,
				h('h2', { id }, title),
				h(
					'button',
					{ type: 'button', class: 'quiet square', 'aria-label': t('dialog.close'), on: { click: () => close() } },
					icon('no'),
				),
			),
			h('div', { class: 'dialog-body' }, build(close)),
		);
		node.addEventListener('close', () => {
			removeEventListener('hashchange', leave);
			placeTray();
			node.remove();
			if (before?.isConnected) before.focus();
			resolve(answer);
		});
		// beside it, down and up: a text marked with the mouse may end there; and what was typed goes by no slip
		let beside = false;
		node.addEventListener('pointerdown', (event) => (beside = event.target === node));
		node.addEventListener(
			'click',
			(event) => event.target === node && beside && !node.querySelector('form') && close(),
		);
		addEventListener('hashchange', leave);
		document.body.append(node);
		node.showModal();
		placeTray();
		node.querySelector('[autofocus]')?.focus();
	});
}

/** Nothing of one operator is left for the next: open questions and what was said go, and what would be said until they come. */
export function clearDialogs() {
	document.querySelectorAll('dialog[open]').forEach((node) => node.close());
	tray = null;
}

/**
 * A question: true when it was confirmed. options: title, text (a string, nodes), confirm (the button's word), danger: Enter
 * by mistake then does nothing.
 */
export const ask = ({ title, text, confirm, danger = false }) =>
	dialog(title, (close) => [
		h('div', { class: 'ask' }, Array.isArray(text) || text instanceof Node ? text : h('p', null, text)),
		h(
			'div',
			{ class: 'actions' },
			h('button', { type: 'button', autofocus: danger, on: { click: () => close(false) } }, t('dialog.cancel')),
			h(
				'button',
				{ type: 'button', class: danger ? 'danger' : 'primary', autofocus: !danger, on: { click: () => close(true) } },
				confirm,
			),
		),
	]).then((answer) => answer === true);

// ---- what somebody is at when their session ends: off the page, where nobody sees it, and back for the same person alone ----

const FORMS = 'form, textarea';
let kept = null;

/** Takes what is in app, and open questions, off the page where there is a form in them: true then. rest: {leave() …}, for back(). */
export function keep(app, who, rest) {
	const dialogs = [...document.querySelectorAll('dialog[open]')],
		view = app.querySelector('.view');

	if (!who || ![view, ...dialogs].some((node) => node?.querySelector(FORMS))) return false;
	kept = {
		who,
		rest,
		dialogs,
		hash: location.hash,
		title: document.title,
		focus: document.activeElement,
		top: scrollY,
		nodes: [...app.childNodes],
		tray,
	};
	dialogs.forEach((node) => node.remove());
	app.replaceChildren();
	return true;
}

/** Puts it back where it is the same person, with the same rights, at the same address: rest, else null, and it is gone. */
export function back(app, who) {
	const was = kept;

	kept = null;
	if (!was) return null;
	if (was.who.operator !== who.operator || was.who.role !== who.role || was.hash !== location.hash) {
		was.dialogs.forEach((node) => node.close());
		was.rest.leave();
		return null;
	}
	app.replaceChildren(...was.nodes);
	tray = was.tray;
	document.title = was.title;
	scrollTo(0, was.top);
	for (const node of was.dialogs) {
		node.open = false; // only what is not open is opened above the rest
		document.body.append(node);
		node.showModal();
	}
	placeTray();
	was.focus?.focus();
	return was.rest;
}
