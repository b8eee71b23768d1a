// SPDX-License-Identifier: Apache-2.0
// From an address (#/members/17?text=ada) to its view; in between, who is logged in.
import { breath, h, replace } from './lib/dom.js';
import { icon } from './lib/icon.js';
import * as live from './lib/live.js';
import { may, resume, session } from './lib/session.js';
import { frame } from './lib/shell.js';
import { t, word } from './lib/texts.js';
import { aborted } from './lib/api.js';
import { attempt, back, clearDialogs, keep, sentence, toast } from './lib/dialog.js';
import { parse, routes } from './lib/routes.js';

export { routes };

const app = document.getElementById('app');

app.tabIndex = -1;
let shell = null;
let who = null; // is here, or was here last
let leaveView = () => {};

/** What a view may hold on to; all of it ends when the view is left. */
function makeScope() {
	const ends = [],
		abort = new AbortController();

	return {
		signal: abort.signal,
		on(name, fn) {
			ends.push(live.on(name, fn));
		},
		every(ms, fn) {
			const timer = setInterval(() => session() && fn(), ms);
			ends.push(() => clearInterval(timer));
		},
		onLeave(fn) {
			ends.push(fn);
		},
		end() {
			abort.abort();
			ends.splice(0).forEach((fn) => fn());
		},
	};
}

/** Puts the query of the address, without a new entry in the history and without drawing the view anew. */
export function setQuery(values) {
	const at = parse(),
		query = new URLSearchParams(
			Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined),
		);

	history.replaceState(
		null,
		'',
		`#/${[at.name, ...at.params].map(encodeURIComponent).join('/')}${query.size ? `?${query}` : ''}`,
	);
}

function missing(root, why) {
	document.title = `${t('shell.nothing')} · tapin`;
	replace(
		root,
		h('h1', { tabIndex: -1 }, t('shell.nothing')),
		h('p', null, why),
		h('p', null, h('a', { href: '#/now' }, t('shell.home'))),
	);
}

/** A view's sheet holds in that view alone: its names are short, and others use them for something else. */
function ownSheet(name) {
	for (const { dataset, sheet } of document.querySelectorAll('link[data-sheet]'))
		if (sheet) sheet.disabled = !dataset.sheet.endsWith(`/${name}.css`);
}

async function showView() {
	if (!shell) return;
	const at = parse(),
		route = routes.find((item) => item.name === at.name),
		scope = makeScope();
	const root = h('div', { class: 'view', data: { view: at.name } });

	leaveView();
	leaveView = scope.end;
	shell.at(at.name);
	if (!route || (route.needs && !may(route.needs))) {
		replace(shell.view, root);
		missing(root, t(route ? 'shell.not_yours' : 'shell.no_view'));
		return;
	}
	try {
		const module = await route.load();

		if (scope.signal.aborted) return;
		document.title = `${module.title(at.params)} · tapin`;
		ownSheet(at.name);
		replace(shell.view, root);
		await module.show(root, { params: at.params, query: at.query, scope, setQuery });
		if (!scope.signal.aborted) root.dataset.ready = '1';
	} catch (error) {
		if (aborted(error) || scope.signal.aborted) return;
		replace(shell.view, root);
		replace(
			root,
			h('h1', { tabIndex: -1 }, t('shell.failed')),
			h('p', { class: 'fault' }, icon('alert'), ' ', sentence(error)),
			h('button', { type: 'button', on: { click: showView } }, t('shell.again')),
		);
	}
}

let announced = false; // the first view is where one is anyway

function onHash() {
	const first = !announced,
		before = document.activeElement;

	announced = true;
	showView().then(() => {
		// unless somebody went elsewhere meanwhile: into a field that was there early, to an Undo
		if (!first && [before, document.body].includes(document.activeElement)) shell?.view.querySelector('h1')?.focus();
	});
}

/** Nobody is logged in: nothing of a view is to be seen, and a form that somebody was at is kept for them. */
async function locked(why) {
	const kept = ['ended', 'idle'].includes(why) && keep(app, who, { shell, leave: leaveView });

	if (!kept) leaveView();
	leaveView = () => {};
	clearDialogs();
	shell = null;
	document.title = `${t('login.title')} · tapin`;
	replace(app); // whatever becomes of the login
	const { login } = await import('./view/login.js');

	if (!session()) login(replace(app), why, kept);
}

/** Logged in, out or locked. */
async function onSession(now, why) {
	if (!now) return locked(why);
	const kept = back(app, now),
		before = who;

	who = now;
	if (kept) {
		({ shell, leave: leaveView } = kept);
		live.missed();
		toast(t('login.kept_here'), { kind: 'info' });
		return;
	}
	leaveView();
	leaveView = () => {};
	clearDialogs();
	await breath(); // what came before it was enough in one go
	if (session() !== now) return;
	shell = frame(
		app,
		routes
			.filter((route) => route.icon && (!route.needs || may(route.needs)))
			.map((route) => ({ ...route, text: t(`nav.${route.name}`) })),
	);
	const mine = shell;

	if (before?.operator === now.operator && before.role !== now.role)
		toast(t('login.role', { role: word('role', now.role) }), { kind: 'info' });
	announced = false;
	await breath(); // a focus lays out all that is drawn: once it is
	app.focus({ preventScroll: true }); // the first Tab is the first thing, not what stands where the login was
	await attempt(mine.refresh);
	await breath();
	if (shell === mine) onHash();
}

/**
 * The second half of a double click presses nothing: neither the same button again, nor what took its place ("It was
 * found" where "Mark lost" stood). Where one presses again and again (data-repeat) each counts.
 */
let pressed = null;
addEventListener(
	'click',
	(event) => {
		const on = event.target.closest?.('button, a, summary, dialog');

		if (event.detail > 1 && on && !on.dataset.repeat && (on !== pressed || on.matches('button'))) {
			event.preventDefault();
			event.stopImmediatePropagation();
			return;
		}
		pressed = on;
	},
	true,
);
addEventListener('hashchange', onHash);
// a file that misses its field must not be shown in the place of the page
for (const name of ['dragover', 'drop'])
	addEventListener(name, (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault());
live.on('state', (state) => shell?.draw(state));
live.on('site', () => session() && shell && attempt(shell.refresh));
resume(onSession);
