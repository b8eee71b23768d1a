// SPDX-License-Identifier: Apache-2.0

/**
 * All views: name in the address, icon of its tab (none: no tab), module, who may. What a view asks first, and its files,
 * stand in early.js too.
 */
export const routes = [
	{ name: 'now', icon: 'now', load: () => import('../view/now.js') },
	{ name: 'checkin', icon: 'checkin', load: () => import('../view/checkin.js') },
	{ name: 'members', icon: 'members', load: () => import('../view/members.js') },
	{ name: 'hours', icon: 'hours', load: () => import('../view/hours.js') },
	{ name: 'log', icon: 'log', load: () => import('../view/log.js') },
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
