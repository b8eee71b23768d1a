// SPDX-License-Identifier: Apache-2.0
// The only script that is no module, so that it runs before any module is there: what the first view needs is under
// way at once, its files and the hub's answers. Nothing depends on it but the time that this saves.
(() => {
	/* asks: word for word what the view's list asks the hub first; files: what its module imports. */
	const views = {
		now: {
			asks: ['/doors?limit=200', '/status', '/log?limit=60', '/alarms?open=true&limit=20', '/presence', '/today'],
			files: [
				'now.js',
				'now_data.js',
				'now_doors.js',
				'now_need.js',
				'now_side.js',
				'now_taps.js',
				'now_words.js',
				'now.css',
			],
		},
		members: {
			asks: ['/tiers?limit=200', '/members?limit=50'],
			files: ['members.js', 'members_list.js', 'member_words.js', 'members.css'],
		},
		log: {
			asks: ['/doors?limit=200', '/log?limit=50', '/site/retention'],
			files: ['log.js', 'log_follow.js', 'log.css'],
		},
	};
	const [path, query] = location.hash.replace(/^#\/?/, '').split('?', 2);
	const [name, ...params] = path.split('/');
	const view = views[name || 'now'];
	const answers = (globalThis.tapinEarly ??= new Map()); // taken by lib/early.js
	const base = new URL('view/', document.currentScript.src);

	if (!localStorage.getItem('tapin.in')) return;
	function load(file) {
		const link = document.createElement('link');

		Object.assign(link, file.endsWith('.css') ? { rel: 'preload', as: 'style' } : { rel: 'modulepreload' }, {
			href: base + file,
		});
		document.head.append(link);
	}
	function begin(ask) {
		const url = `/api/v1${ask}`;

		if (!answers.has(url)) {
			const answer = fetch(url, {
				headers: { Accept: 'application/json' },
				credentials: 'same-origin',
				cache: 'no-store',
			});

			answer.catch(() => {}); // whoever takes it is told
			answers.set(url, { answer, takers: 0 });
		}
		answers.get(url).takers++;
	}
	for (const ask of ['/session', '/site', '/status']) begin(ask); // the shell's
	// those of the view as its tab shows it, each by itself: the first paint goes in between
	for (const ask of (!params.length && !query && view?.asks) || []) setTimeout(begin, 0, ask);
	for (const file of view?.files ?? []) setTimeout(load, 0, file);
})();
