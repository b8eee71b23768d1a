/* SPDX-License-Identifier: Apache-2.0 */
#include "core/debounce.h"

void debounce_init(struct debounce *d, uint32_t debounce_ms, bool level)
{
	uint32_t window = debounce_ms > DEBOUNCE_MAX_MS ? DEBOUNCE_MAX_MS : debounce_ms;

	*d = (struct debounce){
		.window_ms = window,
		.charge_ms = level ? window : 0,
		.stable = level,
		.pending = level,
	};
}

bool debounce_poll(struct debounce *d, uint64_t now_ms)
{
	uint64_t passed = now_ms > d->since_ms ? now_ms - d->since_ms : 0;
	uint32_t room = d->pending ? d->window_ms - d->charge_ms : d->charge_ms;
	uint32_t step = passed < room ? (uint32_t)passed : room;

	d->charge_ms = d->pending ? d->charge_ms + step : d->charge_ms - step;
	d->since_ms += passed;
	if (step < room || d->stable == d->pending)
		return false;
	d->stable = d->pending;
	return true;
}

bool debounce_edge(struct debounce *d, bool level, uint64_t now_ms)
{
	bool was = d->stable;

	debounce_poll(d, now_ms);
	d->pending = level;
	debounce_poll(d, now_ms); /* a window of 0 changes at once */
	return d->stable != was;
}

uint64_t debounce_deadline(const struct debounce *d)
{
	if (d->stable == d->pending)
		return UINT64_MAX;
	return d->since_ms + (d->pending ? d->window_ms - d->charge_ms : d->charge_ms);
}
