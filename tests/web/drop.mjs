// SPDX-License-Identifier: Apache-2.0
// Files dropped on the page: lists of members and of guests, and what is no list.
import { journey } from './browser.mjs';
import { button, said } from './cardlib.mjs';
import { utc } from './entrance.mjs';

const MB = 1024 * 1024;

/** Drops a file: its text, or so many bytes of it over and over. over: called while it is held above. */
async function drop(page, zone, { name, type = 'text/csv', text, size = 0 }, over) {
	const dataTransfer = await page.evaluateHandle(
		([called, kind, part, bytes]) => {
			const data = new DataTransfer();

			data.items.add(new File([bytes ? part.repeat(Math.ceil(bytes / part.length)) : part], called, { type: kind }));
			return data;
		},
		[name, type, text, size],
	);

	await zone.dispatchEvent('dragover', { dataTransfer });
	await over?.();
	await zone.dispatchEvent('drop', { dataTransfer });
}

/** Everything that is no list says so in words, as where() has them. */
async function refusals({ page, check }, zone, where) {
	const wrong = {
		'a workbook': [{ name: 'list.xlsx', text: 'PK\u0003\u0004 and so on' }, 'This is a workbook. Save it as CSV first'],
		'a picture': [
			{ name: 'me.png', type: 'image/png', text: '\u0089PNG\r\n\u001a\n\0\0\0\rIHDR' },
			'me.png is no list.',
		],
		'an empty one': [{ name: 'empty.csv', text: '' }, 'empty.csv is empty. Was it saved?'],
		'one of 5 MB': [{ name: 'big.csv', text: 'name,contact,tier\n', size: 5 * MB }, 'This file is larger than 4 MB.'],
	};

	for (const [what, [file, text]] of Object.entries(wrong)) {
		await drop(page, zone, file);
		await check(`${what} says why it is not taken`, said(where, text));
	}
}

journey('a list of members is dropped', async (given) => {
	const { page, login, check, until, axe, size, api } = given;

	await login('host', '#/members/import');
	const zone = page.locator('.drop');
	await refusals(given, zone, page.getByRole('alert'));
	await check('nothing was sent', async () => (await page.getByText('What would change').count()) === 0);
	await axe('a file is refused');
	let lit = false;
	await drop(
		page,
		zone,
		{ name: 'people.csv', text: `\ufeffname,contact,tier\nDora Drop,dora-${size}@example.org,2\n` },
		async () => {
			lit = await until(() => zone.evaluate((node) => node.classList.contains('over')));
		},
	);
	await check('the place shows that it takes it', lit);
	await check('and takes it', said(page, '1 line is ready. Nothing has been changed yet.'));
	await check('the place is as before', () => until(() => zone.evaluate((node) => !node.classList.contains('over'))));
	await button(page, 'Import 1 line').click();
	await check('it is imported', said(page, '1 new, 0 changed'));
	await check(
		'with the name as it is',
		async () => (await api('GET', `/members?text=dora-${size}`)).body.items[0].name === 'Dora Drop',
	);
	const missed = await page.evaluate(() => {
		const data = new DataTransfer();

		data.items.add(new File(['x'], 'missed.csv'));
		const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });

		document.querySelector('h1').dispatchEvent(event);
		return event.defaultPrevented;
	});
	await check('a file that misses the place does not take the page’s', missed);
});

journey('a list of guests is dropped', async (given) => {
	const { page, login, check, api, axe, shot, size } = given;
	const event = (await api('POST', '/events', { title: `Drop ${size}`, starts: utc(-0.5), ends: utc(2) })).body;

	await login('host', `#/checkin/${event.id}`);
	await button(page, 'Import a list').click();
	const dialog = page.getByRole('dialog'),
		zone = dialog.locator('.drop');
	await refusals(given, zone, dialog.getByRole('status'));
	await check('and nothing can be put on the list', button(dialog, 'Put them on the list').isDisabled());
	await axe('a guest list is refused');
	await drop(page, zone, { name: 'guests.csv', text: '\ufeffname\nZoë Drop\nEmil Drop\n' });
	await check('a list is taken', said(dialog, '2 new on the list'));
	await shot('drop-guests');
	await button(dialog, 'Put them on the list').click();
	await check(
		'and put on it',
		page
			.getByRole('button', { name: /^Zoë Drop/ })
			.waitFor()
			.then(() => true),
	);
	await api('DELETE', `/events/${event.id}`);
});
