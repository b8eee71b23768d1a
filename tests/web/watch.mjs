// SPDX-License-Identifier: Apache-2.0
// The checks of browser.mjs themselves: a page with everything that must not be is found out.
import { journey, too_wide } from './browser.mjs';

const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const BAD = `<!doctype html><html lang=en><title>bad</title><main><h1 style="color:red">bad</h1><img src="/x.png">
<p>unlabelled <input></p></main><div id=wide>wide</div><script>document.title = 'inline ran'</script><script src="/x.js"></script></html>`;
const SCRIPT = `console.warn('a warning');
document.getElementById('wide').style.width = '5000px';
fetch('/api/v1/none');
fetch('https://example.org/').catch(() => {});
try { document.body.innerHTML = '<b>x</b>'; } catch {}
alert('hello');
setTimeout(() => { throw new Error('thrown'); });`;
const PLANTED = {
	'a warning of the console': /console: a warning/,
	'an exception': /exception: Error: thrown/,
	'a dialog': /dialog: hello/,
	'an inline script': /policy violated: script-src/,
	'an inline style': /policy violated: style-src/,
	'markup from text': /policy violated: require-trusted-types-for/,
	'another origin': /policy violated: connect-src https:\/\/example.org/,
	'a picture that is not there': /failed: GET \/x.png 404/,
	'an API call that fails': /failed: GET \/api\/v1\/none 404/,
};

journey(
	'what must not be is found',
	async ({ page, problems, expected, check, until, axe_found }) => {
		await page.route('**/', (route) =>
			route.fulfill({ contentType: 'text/html', body: BAD, headers: { 'Content-Security-Policy': POLICY } }),
		);
		await page.route('**/x.js', (route) => route.fulfill({ contentType: 'text/javascript', body: SCRIPT }));
		await page.route('**/x.png', (route) => route.fulfill({ status: 404, body: '' }));
		await page.goto('/');
		for (const [what, pattern] of Object.entries(PLANTED))
			await check(
				what,
				() => problems.some((one) => pattern.test(one)) || Promise.reject(new Error(problems.join('\n'))),
			);
		await check('an inline script is not run', (await page.title()) === 'bad');
		await check('an input without a name', async () => (await axe_found()).some((one) => /^label /.test(one)));
		await check('a page that is too wide', async () => (await too_wide(page)) > 0);
		problems.length = 0;
		expected.push(/./);
	},
	{ sizes: ['desktop'] },
);
