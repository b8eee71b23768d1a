// SPDX-License-Identifier: Apache-2.0
// Every word of the page. To speak another language, translate this file; {names} stay, and so do the keys.
// Where a number decides, a text has forms: {one: …, other: …} by the language's plural rules.
export default {
	language: 'en-GB',
	nav: { now: 'Now', checkin: 'Check-in', members: 'Members', hours: 'Hours', log: 'Log', reports: 'Reports' },
	shell: {
		skip: 'Skip to the view',
		nav: 'Views',
		live: 'Live',
		connecting: 'Connecting',
		away: 'Not live: trying again',
		lock: 'Lock',
		lock_note: 'Ends your session on this desk; the next person logs in with their own name',
		lockdown: 'Lockdown: no card opens a door.',
		lockdown_by: 'By {who}, {when}.',
		lockdown_go: 'To the doors',
		demo: 'Virtual doors',
		nothing: 'Nothing here',
		no_view: 'There is no such view.',
		not_yours: 'Your role does not see this. Ask an admin.',
		home: 'To what happens now',
		failed: 'This did not work',
		again: 'Try again',
	},
	login: {
		title: 'Log in',
		hello: 'The front desk. Log in with your own name.',
		idle: 'Locked, since nobody was here for five minutes. Log in to go on where you were.',
		ended: 'Your session has ended. Log in to go on where you were.',
		out: 'Locked. Whoever comes next logs in with their own name.',
		away: 'The hub does not answer. Is it running, and is this machine on its network? Try again in a moment.',
		operator: 'Name',
		password: 'Password',
		enter: 'Log in',
		wrong: 'This name and password do not fit. Names are short and lower case, like maya.',
		wait: { one: 'Too many tries. Try again in {n} second.', other: 'Too many tries. Try again in {n} seconds.' },
		lost: 'Forgot the password?',
		lost_how: 'An admin sets a new one: tapin operator passwd NAME. Without an admin, root on the hub’s machine does.',
	},
	dialog: { close: 'Close', cancel: 'Cancel' },
	toast: { undo: 'Undo', undone: 'Undone.', close: 'Dismiss' },
	form: { optional: 'optional', missing: 'This is needed.' },
	picker: { hint: 'Name, number or email', none: 'Nobody found.' },
	pager: {
		more: 'Show older',
		shown: { one: '{n} row so far', other: '{n} rows so far' },
		all: { one: '{n} row, that is all', other: '{n} rows, that is all' },
	},
	problem: {
		unknown: 'The hub refused without saying why.',
		away: 'The hub does not answer',
		away_detail: 'The hub does not answer. Doors go on working by themselves; try again in a moment.',
		page: 'The page made a mistake: {what}. Reload it; if it happens again, tell whoever looks after the hub.',
	},
	time: {
		now: 'just now',
		ago_s: '{n} s ago', ago_min: '{n} min ago', ago_h: '{n} h ago',
		in_s: 'in {n} s', in_min: 'in {n} min', in_h: 'in {n} h',
	},
	role: { host: 'host', admin: 'admin', auditor: 'auditor' },
	member_state: { active: 'active', suspended: 'suspended', closed: 'closed' },
	card_state: { pending: 'to confirm', active: 'active', suspended: 'suspended', lost: 'lost', revoked: 'revoked', returned: 'in the drawer' },

	// ---- view/now.js ----
	now: { title: 'Now' },
	// ---- view/members*.js, view/card*.js ----
	members: { title: 'Members' },
	// ---- view/hours*.js ----
	hours: { title: 'Hours' },
	// ---- view/log*.js ----
	log: { title: 'Log' },
	// ---- view/audit.js ----
	audit: { title: 'What operators did' },
	// ---- view/checkin*.js ----
	checkin: { title: 'Check-in' },
	// ---- view/rollcall.js ----
	rollcall: { title: 'Roll call' },
	// ---- view/reports*.js ----
	reports: { title: 'Reports' },
};
