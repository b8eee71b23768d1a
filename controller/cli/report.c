/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include "base/clock.h"
#include <string.h>

static void put_clean(FILE *out, const char *text)
{
	for (const char *c = text; *c; c++)
		fputc((unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c, out);
}

static void print_card(FILE *out, const struct explanation *e)
{
	if (!e->card) {
		fputs("A card that is not in this roster", out);
	} else {
		fprintf(out, "Card %llu", (unsigned long long)e->card->card);
		if (e->card->member)
			fprintf(out, " of member %llu", (unsigned long long)e->card->member);
		fprintf(out, ", tier %u", e->card->tier);
	}
	fprintf(out, ", at door %s%s\n", e->door,
		e->door_listed ? "" : " (which this roster does not list)");
	if (e->card)
		fprintf(out, "The tier's hours here: %s\n", e->hours ? e->hours : "none");
}

static void print_time(FILE *out, const struct explanation *e)
{
	static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	char date[11];

	civil_date_format(e->now.date, date);
	fprintf(out, "%s %s %02u:%02u", days[e->now.weekday % 7], date, e->now.minute / 60u,
		e->now.minute % 60u);
	if (*e->timezone) {
		fputc(' ', out);
		put_clean(out, e->timezone);
	}
	fprintf(out, ", clock %s, ", clock_trust_name(e->clock));
	if (*e->site)
		fprintf(out, "site %s, roster %u.%llu\n\n", e->site, e->revision.generation,
			(unsigned long long)e->revision.number);
	else
		fputs("no roster was imported yet\n\n", out);
}

static void print_warnings(FILE *out, uint32_t warnings)
{
	for (uint32_t bit = 1; bit && bit <= warnings; bit <<= 1)
		if (warnings & bit && warning_name(bit))
			fprintf(out, " %s", warning_name(bit));
}

static void print_step(FILE *out, const struct decide_note *note)
{
	bool denied = note->outcome == DECIDE_OUTCOME_DENY;

	fprintf(out, "%c %2u  %-13s  %s  ", denied ? '>' : ' ', note->step, note->name,
		denied ? "DENY" : decide_outcome_name(note->outcome));
	put_clean(out, note->looked);
	print_warnings(out, note->warnings);
	fputs(denied ? "  <- this decided\n" : "\n", out);
}

static void print_verdict(FILE *out, const struct explanation *e)
{
	const struct reason_info *reason = reason_info(e->verdict.reason);

	if (e->verdict.grant)
		fprintf(out, "\nGRANTED: the door is released for %u.%u s",
			e->verdict.release_ms / 1000, e->verdict.release_ms / 100 % 10);
	else
		fprintf(out, "\nDENIED: %s (%d), shown as %s", reason->name, (int)reason->reason,
			reason_pattern_name(reason->pattern));
	if (e->verdict.warnings) {
		fputs("; warnings:", out);
		print_warnings(out, e->verdict.warnings);
	}
	fprintf(out, "\n  to the member: %s\n  to the host:   %s\n", reason->member, reason->admin);
}

void report_print(FILE *out, const struct explanation *e)
{
	print_card(out, e);
	print_time(out, e);
	for (unsigned i = 0; i < e->note_count; i++)
		/* step 0 only tells that the question makes sense */
		if (e->notes[i].step > 0 || e->notes[i].outcome == DECIDE_OUTCOME_DENY)
			print_step(out, &e->notes[i]);
	print_verdict(out, e);
}
