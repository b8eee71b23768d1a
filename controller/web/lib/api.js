// SPDX-License-Identifier: Apache-2.0
// The hub's API: JSON in, JSON out; every failure is a Problem with a sentence for people.
import { drop, taken } from './early.js';
import { t } from './texts.js';

const PREFIX = '/api/v1';
let csrf = '';
let onEnded = () => {};

/** What went wrong: status (0: the hub was not reached), name, title, detail, errors [{field, detail}], retryS. */
export class Problem extends Error {
	constructor(status, document, retryS) {
		super(document.detail || document.title || t('problem.unknown'));
		this.status = status;
		this.name = 'Problem';
		this.code = (document.type ?? '').split(':').pop();
		this.title = document.title ?? '';
		this.detail = document.detail ?? '';
		this.errors = document.errors ?? [];
		this.retryS = retryS;
	}
}

/** What the page itself does not take: a sentence of ours, at the field of a form where one is named. */
export const refusal = (detail, field) => new Problem(422, { detail, errors: field ? [{ field, detail }] : [] });

/** The token of this session, and who is told when the hub does not know the session any more. */
export function setSession(token, ended) {
	csrf = token;
	if (!token) drop();
	onEnded = ended ?? onEnded;
}

function urlOf(path, query) {
	const search = new URLSearchParams(
		Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== ''),
	);

	return PREFIX + path + (search.size ? `?${search}` : '');
}

async function fail(response, asker) {
	const kind = response.headers.get('Content-Type') ?? '';
	const document = kind.includes('json') ? await response.json().catch(() => ({})) : {};
	const retryS = Number(response.headers.get('Retry-After')) || undefined;
	const problem = new Problem(response.status, document, retryS);

	// of a session that is over already, it says nothing about this one
	if (response.status === 401 && problem.code === 'login' && asker === csrf) onEnded();
	throw problem;
}

function away(error) {
	if (error.name === 'AbortError') throw error;
	throw new Problem(0, { title: t('problem.away'), detail: t('problem.away_detail') });
}

/**
 * One request. options: query {name: value}, body (an object, sent as JSON), csv (text sent as text/csv), accept,
 * version (If-Match), signal. Answers {data, version, response}; throws Problem, or AbortError when the signal says so.
 */
export async function request(method, path, options = {}) {
	const headers = { Accept: options.accept ?? 'application/json' },
		asker = csrf;

	if (method !== 'GET') headers['X-Tapin-CSRF'] = csrf;
	if (options.csv !== undefined) headers['Content-Type'] = 'text/csv';
	else if (options.body !== undefined) headers['Content-Type'] = 'application/json';
	if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`;
	const url = urlOf(path, options.query);
	const response = await (
		(method === 'GET' && headers.Accept === 'application/json' && taken(url)) ||
		fetch(url, {
			method,
			headers,
			signal: options.signal,
			credentials: 'same-origin',
			cache: 'no-store',
			body: options.csv ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
		})
	).catch(away);

	options.signal?.throwIfAborted();
	if (!response.ok) await fail(response, asker);
	const kind = response.headers.get('Content-Type') ?? '';
	const data =
		response.status === 204 ? null : await (kind.includes('json') ? response.json() : response.text()).catch(away);

	return { data, version: response.headers.get('ETag')?.replaceAll('"', ''), response };
}

/** The answer's data alone. */
export const get = async (path, query, options) => (await request('GET', path, { query, ...options })).data;
export const post = async (path, body, options) => (await request('POST', path, { body, ...options })).data;
export const put = async (path, body, options) => (await request('PUT', path, { body, ...options })).data;
export const patch = async (path, body, options) => (await request('PATCH', path, { body, ...options })).data;
export const del = async (path, options) => (await request('DELETE', path, options)).data;

/** All rows of a list that has few (tiers, doors, exceptions): follows `next`, at most `max` rows. */
export async function all(path, query = {}, max = 2000, options) {
	const rows = [];
	let cursor;

	do {
		const page = await get(path, { limit: 200, ...query, cursor }, options);

		rows.push(...page.items);
		cursor = page.next;
	} while (cursor && rows.length < max);
	return rows;
}

/** True for an answer that nobody waits for any more. */
export const aborted = (error) => error?.name === 'AbortError';
