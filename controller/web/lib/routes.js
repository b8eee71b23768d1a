// SPDX-License-Identifier: Apache-2.0

/**
 * All views: name in the address, icon of its tab (none: no tab), module, who may; asks: what the view's list asks the hub
 * first, word for word, so that the answers are under way before its module is there.
 */
export const routes = [
	{ name: 'now', icon: 'now', load: () => import('../view/now.js'),
		asks: ['/doors?limit=200', '/status', '/log?limit=60', '/alarms?open=true&limit=20', '/presence', '/today'] },
	{ name: 'checkin', icon: 'checkin', load: () => import('../view/checkin.js') },
	{ name: 'members', icon: 'members', load: () => import('../view/members.js'), asks: ['/tiers?limit=200', '/members?limit=50'] },
	{ name: 'hours', icon: 'hours', load: () => import('../view/hours.js') },
	{ name: 'log', icon: 'log', load: () => import('../view/log.js'), asks: ['/doors?limit=200', '/log?limit=50', '/site/retention'] },
	{ name: 'reports', icon: 'reports', load: () => import('../view/reports.js') },
	{ name: 'audit', load: () => import('../view/audit.js'), needs: 'read' },
	{ name: 'rollcall', load: () => import('../view/rollcall.js') },
];

/** The address: {name, params, query} of #/members/17?text=ada. */
export function parse() {
	const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
	const [name, ...params] = path.split('/').map((part) => {
		try {
			return decodeURIComponent(part);
		} catch {
			return '';
		}
	});

	return { name: name || 'now', params, query: new URLSearchParams(query) };
}
