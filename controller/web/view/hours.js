// SPDX-License-Identifier: Apache-2.0
import { h, replace } from '../lib/dom.js';
import { t } from '../lib/texts.js';

export const title = () => t('hours.title');

/** Draws the view into root. */
export async function show(root) {
	replace(root, h('h1', { tabIndex: -1 }, title()));
}
