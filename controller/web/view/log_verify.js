// SPDX-License-Identifier: Apache-2.0
import { t } from '../lib/texts.js';
import { toast } from '../lib/dialog.js';

export async function verifyLog() {
	toast(t('log.verify'));
}
