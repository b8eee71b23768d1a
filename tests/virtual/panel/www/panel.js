// SPDX-License-Identifier: Apache-2.0
/* The panel: doors, the choice between them, and the cards. */
import { el, get, say } from './ask.js';
import { doorMake, doorTurn } from './door.js';
import { soundSwitch } from './sound.js';

const COMPLAINT_MS = 6000;
const RETRY_MS = 1000;

const id = (name) => document.getElementById(name);
let doors = [];
let chosen = null;
let quiet = 0;

function complain(text) {
	say(id('said'), text);
	clearTimeout(quiet);
	if (text) quiet = setTimeout(() => say(id('said'), ''), COMPLAINT_MS);
}

function choose(which) {
	chosen = which;
	for (const each of doors) each.element.classList.toggle('chosen', each === which);
	showCards();
}

/* ---- cards ---- */

function showCards() {
	for (const button of document.querySelectorAll('.cards button')) {
		const there = doors.find((each) => each.cards.has(button.dataset.card));
		button.setAttribute('aria-pressed', String(there !== undefined));
		say(button.querySelector('.where'), there ? `on ${there.name}'s reader` : button.dataset.kind);
	}
}

function cardButton(card, about) {
	const number = card.number === 'random' ? 'a new number at each tap' : card.number;
	const [whose, when] = about ? about.split(/: (.*)/) : [card.name, number];
	const button = el(
		'button',
		{
			type: 'button',
			class: `card ${card.kind}`,
			draggable: 'true',
			'data-card': card.name,
			'data-kind': about ? `${card.name} · ${card.kind}` : card.kind,
			'aria-pressed': 'false',
			onclick: () => chosen.tap(card.name, id('hold').checked),
		},
		el('strong', {}, whose),
		el('span', { class: 'when' }, when),
		el('span', { class: 'where' }),
	);
	button.addEventListener('dragstart', (event) => event.dataTransfer.setData('text/plain', card.name));
	return el('li', {}, button);
}

function dealCards(things) {
	const about = new Map(things.about.map((card) => [card.name, card.about]));
	for (const card of things.cards)
		id(about.has(card.name) ? 'cards' : 'blanks').append(cardButton(card, about.get(card.name)));
	showCards();
	id('tray').hidden = false;
}

function acceptDrops(each) {
	const known = (name) => document.querySelector(`[data-card="${CSS.escape(name)}"]`);
	each.element.addEventListener('dragover', (event) => {
		event.preventDefault();
		each.element.classList.add('over');
	});
	each.element.addEventListener('dragleave', () => each.element.classList.remove('over'));
	each.element.addEventListener('drop', (event) => {
		const card = event.dataTransfer.getData('text/plain');
		event.preventDefault();
		each.element.classList.remove('over');
		if (known(card)) each.tap(card, id('hold').checked);
	});
}

/* ---- doors ---- */

function tab(each) {
	const state = el('span', { class: 'tab-state' });
	const input = el('input', { type: 'radio', name: 'door', value: each.name, onchange: () => choose(each) });
	each.onchange = () => {
		say(state, each.state);
		state.className = `tab-state ${each.state}`;
		showCards();
	};
	return el('label', { class: 'tab' }, input, el('span', { class: 'tab-name' }, each.name), state);
}

/* A machine may still be starting. */
async function things() {
	for (;;) {
		for (const each of doors) {
			const found = await get(`/doors/${each.name}/things`);
			if (found.cards) return found;
		}
		complain('No virtual hardware answers yet.');
		await new Promise((done) => {
			setTimeout(done, RETRY_MS);
		});
	}
}

function turn() {
	for (const each of doors) doorTurn(each);
	requestAnimationFrame(turn);
}

function wire() {
	const wide = matchMedia('(min-width: 60rem)').matches;
	id('sound').addEventListener('click', () => {
		const on = id('sound').getAttribute('aria-pressed') !== 'true';
		id('sound').setAttribute('aria-pressed', String(on));
		soundSwitch(on);
	});
	for (const log of document.querySelectorAll('.events')) log.open = wide;
}

async function begin() {
	const site = await get('/site');
	if (site.page) {
		id('page').href = site.page;
		id('page').hidden = false;
	}
	doors = site.doors.map((name) => doorMake(name, (text) => say(id('live'), text), complain));
	for (const each of doors) {
		acceptDrops(each);
		id('doors').append(each.element);
		id('tabs').append(tab(each));
	}
	id('tabs').hidden = doors.length < 2;
	id('tabs').querySelector('input').checked = true;
	choose(doors[0]);
	wire();
	const all = await things();
	dealCards(all);
	for (const each of doors) each.load(all);
	turn();
}

begin().catch((error) => complain(`The panel could not start: ${error.message}`));
