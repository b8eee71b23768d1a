/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours: words and numbers, and what to say of those that are not understood. */
#include "hours_parser.h"

#include <errno.h>
#include <string.h>

static const char weekdays[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

#define SUN "an access rule cannot follow the sun"
#define MONTHS "dates stand before weekdays and times, and months are written Jan Feb Mar …"

/* What people write that is not understood: found where something else was expected. */
static const struct {
	const char *text;
	const char *message;
	const char *suggestion;
} refusals[] = {
	{"sunrise", SUN, "write a time, such as 06:00"},
	{"sunset", SUN, "write a time, such as 20:00"},
	{"dawn", SUN, "write a time, such as 06:00"},
	{"dusk", SUN, "write a time, such as 20:00"},
	{"(", SUN, "write a time, such as 06:00"},
	{"unknown", "a door is open or it is not", "write open or off"},
	{"SH", "school holidays are not known here", "write their dates: Jul 22-Sep 2"},
	{"PH", "public holidays cannot stand here",
		"write PH before weekdays: PH,Mo-Fr for both, PH Mo-Fr for holidays on these days"},
	{"easter", "easter cannot stand here", "write it before weekdays: easter Su 10:00-12:00"},
	{"week", "weeks cannot stand here", "write week 1-10 after dates and before weekdays"},
	{"jan", "this month cannot stand here", MONTHS},
	{"feb", "this month cannot stand here", MONTHS},
	{"mar", "this month cannot stand here", MONTHS},
	{"apr", "this month cannot stand here", MONTHS},
	{"may", "this month cannot stand here", MONTHS},
	{"jun", "this month cannot stand here", MONTHS},
	{"jul", "this month cannot stand here", MONTHS},
	{"aug", "this month cannot stand here", MONTHS},
	{"sep", "this month cannot stand here", MONTHS},
	{"oct", "this month cannot stand here", MONTHS},
	{"nov", "this month cannot stand here", MONTHS},
	{"dec", "this month cannot stand here", MONTHS},
	{"24/7", "24/7 stands alone", "write 24/7, or weekdays and times"},
	{"always", "this word is not understood", "write 24/7"},
	{"never", "this word is not understood", "write off"},
	{"off", "off cannot stand here", "write it in small letters at the end of a rule: Su off"},
	{"closed", "closed cannot stand here",
		"write it in small letters at the end of a rule: Su closed"},
	{"open", "open cannot stand here",
		"write it in small letters at the end of a rule: Mo-Fr open"},
	{"day", "an offset cannot stand here", "write a sign, a number and days: PH +1 day"},
	{"\"", "a comment alone does not say whether the door is open",
		"write open or off before the comment"},
	{"+", "an access rule needs an end, and an offset a day that it counts from",
		"write the closing time, such as 18:00-23:00, or an offset: PH +1 day"},
	{"/", "repeating times are not understood", "write one range, such as 09:00-17:00"},
	{"[", "only one weekday can have a number", "write each of them: Mo[1],Tu[1]"},
	{":", "a colon stands only inside a time, or after dates",
		"write weekdays, a space, then 09:00-17:00"},
	{"-", "a range cannot stand here", "write Mo-Fr, 09:00-17:00 or Dec 24-Jan 2"},
	{"\xE2\x80", "this is not a plain hyphen or quotation mark", "write - or \""},
	{";", "a rule is missing here", "write a rule here or leave the ';' out"},
	{",", "something is missing before this comma", "leave the comma out"},
	{"|", "a rule is missing here", "write || between two rules"},
};

int parser_fail(struct hours_parser *p, size_t at, const char *message, const char *suggestion)
{
	p->error = (struct hours_error){at, message, suggestion};
	return -EINVAL;
}

bool parser_begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static bool begins_caseless(const char *text, const char *word)
{
	for (; *word != '\0'; text++, word++)
		if (parser_lower(*text) != parser_lower(*word))
			return false;
	return true;
}

void parser_skip_spaces(struct hours_parser *p)
{
	while (*parser_here(p) == ' ')
		p->at++;
}

bool parser_take(struct hours_parser *p, const char *word)
{
	size_t n = strlen(word);

	if (!parser_begins(parser_here(p), word) ||
		(parser_is_letter(word[0]) && parser_is_letter(parser_here(p)[n])))
		return false;
	p->at += n;
	return true;
}

unsigned parser_digits(const char *text)
{
	unsigned n = 0;

	while (n < 5 && parser_is_digit(text[n]))
		n++;
	return n;
}

unsigned parser_take_number(struct hours_parser *p, unsigned n)
{
	unsigned value = 0;

	for (; n > 0; n--)
		value = value * 10 + (unsigned)(p->text[p->at++] - '0');
	return value;
}

int parser_weekday_at(const char *text)
{
	for (int i = 0; i < 7; i++)
		if (parser_begins(text, weekdays[i]) && !parser_is_letter(text[2]))
			return i;
	return -1;
}

unsigned parser_month_at(const char *text)
{
	for (unsigned i = 0; i < 12; i++)
		if (parser_begins(text, months[i]) && !parser_is_letter(text[3]))
			return i + 1;
	return 0;
}

bool parser_at_time(const char *text)
{
	unsigned n = parser_digits(text);

	return text[n] == ':' && parser_is_digit(text[n + 1]);
}

bool parser_at_year(const char *text)
{
	return parser_digits(text) == 4 && !parser_at_time(text);
}

int parser_refuse(struct hours_parser *p)
{
	const char *text = parser_here(p);

	if (*text == '\0')
		return parser_fail(p, p->at, "something is missing at the end",
			"write 24/7, off, or Mo-Fr 09:00-17:00");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (begins_caseless(text, refusals[i].text) &&
			!(refusals[i].text[1] == 'H' && parser_is_letter(text[2]))) /* "shut" */
			return parser_fail(p, p->at, refusals[i].message, refusals[i].suggestion);
	if (parser_weekday_at(text) >= 0)
		return parser_fail(p, p->at, "a weekday cannot stand here",
			"write weekdays first, then times: Mo,We 09:00-17:00");
	if (parser_is_letter(*text))
		return parser_fail(p, p->at, "this word is not understood",
			"weekdays are written Mo Tu We Th Fr Sa Su, in pairs of letters");
	if (parser_is_digit(*text))
		return parser_fail(p, p->at, "a number cannot stand here",
			"write weekdays first, then times: Mo-Fr 09:00-17:00");
	return parser_fail(p, p->at, "this character is not understood", NULL);
}
