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

	// ---- lib/entry.js: entries of the log ----
	entry: {
		granted: 'Came in', granted_other: 'Opened', refused: 'Refused', try_again: 'Try again',
		erased: 'somebody who was erased', member: 'member {id}', card: 'card {id}, nobody’s', unknown: 'a card that nobody knows',
		guest_of: 'a guest of', by: 'by',
	},
	kind: {
		tap: 'Card shown', exit: 'Exit button', opened: 'Door opened', closed: 'Door closed', forced: 'Door forced open', held_open: 'Door held open',
		cleared: 'Door in order again', started: 'Door started', stopped: 'Door stopped', reader_fault: 'Reader lost', reader_ok: 'Reader works again',
		output_fault: 'Strike or light failed', output_ok: 'Strike and lights work again', journal_fault: 'Log not writable', journal_damaged: 'Log damaged',
		cache_damaged: 'List of cards damaged', recovered: 'Found after a crash', record_skipped: 'Record set aside', records_lost: 'Records lost',
		roster_imported: 'List of cards taken in', roster_refused: 'List of cards refused', clock_changed: 'Clock changed', message_refused: 'Message refused',
		command: 'Opened from the desk', state_changed: 'Door’s mode changed', unlocked: 'Unlocked', locked: 'Locked', lockdown: 'Lockdown began',
		lockdown_over: 'Lockdown ended', enrol: 'Card enrolled', provisioned: 'Door joined the site', propped: 'Door propped open', lock_fail: 'Lock failed',
		lock_ok: 'Lock works again', exit_stuck: 'Exit button stuck', exit_free: 'Exit button free again', fire: 'Fire: door released', fire_over: 'Fire over',
		tamper: 'Tampering', tamper_over: 'Tampering over', strike_max: 'Strike was on too long', arrived: 'Arrived', left: 'Left', reader_reset: 'Reader reset',
		poison: 'Does not fit its hash',
	},
	kind_why: {
		forced: 'It opened without a card, exit button or host.', held_open: 'It stands open for longer than it should. Please close it.',
		propped: 'It stands open for long. Please close it.', reader_fault: 'No card is read until the reader is back: check its cable and power.',
		journal_fault: 'The door keeps new entries in memory; look at its disk.', tamper: 'The housing of reader or door controller was opened.',
		exit_stuck: 'The exit button has been pressed for minutes: look whether it is jammed.', output_fault: 'The door may not open: look at its wiring.',
		lock_fail: 'The bolt did not follow: look at the lock.', clock_changed: 'The door’s clock jumped.', recovered: 'Written down after a crash; nothing was lost.',
	},
	reason: {
		none: 'No decision was made.', read_error: 'The card was not read: hold it still for a second.', card_unknown: 'Nobody knows this card.',
		card_random_uid: 'A phone, or a card with a random number: it cannot be used.', card_unsupported: 'This kind of card does not work here.',
		card_revoked: 'The card was revoked.', card_lost: 'The card was reported lost.', card_suspended: 'The card is paused.',
		card_unassigned: 'The card has not been given to anybody.', card_not_genuine: 'The card could not prove that it is genuine; it may be a copy.',
		card_needs_proof: 'This door needs a newer kind of card.', member_suspended: 'The membership is paused.', member_closed: 'The membership is closed.',
		door_lockdown: 'The building is locked down.', roster_stale: 'The door has not heard from the hub for too long.',
		clock_untrusted: 'The door is not sure what time it is.', member_not_yet: 'The membership has not begun yet.', member_ended: 'The membership has ended.',
		door_not_in_rights: 'The tier does not include this door.', outside_hours: 'It is outside the tier’s hours.', closed_day: 'The site is closed today.',
		allowance_spent: 'This month’s allowance is used up.', passback: 'The card is inside already.', second_person_needed: 'This door needs a second person.',
		journal_full: 'The door cannot write its log.', internal: 'The door made a mistake; its own log says more.',
	},
	warning: {
		warn_grace: 'In the days of grace: the membership has ended.', warn_stale: 'The door had not heard from the hub for a while.',
		warn_allowance: 'This month’s allowance is nearly used up, or over.', warn_passback: 'The card was inside already.',
		warn_clock: 'The door’s clock was not sure.', warn_journal: 'The entry could not be written at once.', door_was_open: 'The door stood open.',
	},
	use: { unit: 'Begins a unit of the allowance.', free: 'Free, for an event.', pool: 'From a shared allowance.' },

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
