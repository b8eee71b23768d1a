# SPDX-License-Identifier: Apache-2.0
"""The named classes of disagreement: in what kind of expression, and where in the year, a reference differs from us.

Each class has a reference, a name, who is right, what decides (the specification is opening_hours 0.7.4 of the
OpenStreetMap wiki), and a predicate over a Case and a Piece of the year (None: one of the two refused the expression).
A class that both references are in ("js kde") is a choice of ours against both; no other is taken for minutes in which
the two agree against us."""
import datetime
import re
import zoneinfo

LONDON = zoneinfo.ZoneInfo('Europe/London')
MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)


class Rule:
    """One rule, taken apart only as far as the predicates need."""

    def __init__(self, joint, text):
        self.joint = joint
        self.text = text = re.sub('"[^"]*"', '', text).strip()
        self.off = bool(re.search(r'\b(off|closed)\s*$', text))
        text = re.sub(r'\b(open|off|closed)\s*$', '', text).strip()
        self.spans = [(int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in
                      re.findall(r'(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)', text)]
        self.days = re.sub(r'\d\d:\d\d\s*-\s*\d\d:\d\d|[\s,:]+$', '', text).strip(' ,:')

    @property
    def overnight(self):
        return any(end < start or end > 1440 for start, end in self.spans)

    @property
    def always(self):
        return not self.off and self.days in ('', '24/7') and not self.spans


def split_rules(text):
    """Rules and what joins them; a comma joins rules where no list can go on."""
    rules, joint, start, i = [], ';', 0, 0
    text = re.sub('"[^"]*"', lambda m: '"' + '_' * (len(m.group()) - 2) + '"', text)
    while i <= len(text):
        rest = text[i:]
        sign = re.match(r';|\|\||$', rest)
        if not sign and rest.startswith(','):
            before = text[start:i].rstrip()
            if re.search(r'(\d\d:\d\d|off|closed|open|"|24/7)$', before) and not re.match(r',\s*\d\d:', rest):
                sign = re.match(',', rest)
        if sign:
            rules.append(Rule(joint, text[start:i]))
            if not rest:
                break
            joint = sign.group()
            i = start = i + len(joint)
        else:
            i += 1
    return rules


def subtract(a, b):
    """What of the intervals a is not in b; both sorted, neither overlapping itself."""
    out, j = [], 0
    for start, end in a:
        while j < len(b) and b[j][1] <= start:
            j += 1
        k = j
        while k < len(b) and b[k][0] < end:
            if b[k][0] > start:
                out.append((start, b[k][0]))
            start = max(start, b[k][1])
            k += 1
        if start < end:
            out.append((start, end))
    return out


class Case:
    def __init__(self, year, text, answers):
        self.year, self.text, self.answers = year, text, answers
        self.rules = split_rules(text)
        self.plain = re.sub('"[^"]*"', '', text)
        self.leap = year % 4 == 0
        self.zero = datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc)
        self.cache = {}

    def agrees(self, reference):
        ours, theirs = self.answers['ours'], self.answers[reference]
        return 'error' in ours and 'error' in theirs or ours.get('open') == theirs.get('open', 0)

    def error(self, who):
        return self.answers[who].get('error')

    def local(self, minute):
        return (self.zero + minute * MINUTE).astimezone(LONDON)

    def pieces(self, reference):
        """Where we differ: Pieces, those where the other reference says the same apart from those where it does not."""
        other = 'kde' if reference == 'js' else 'js'
        out = []
        for ours in (True, False):
            def differing(who):
                if self.error(who):
                    return []
                pair = (self.answers['ours']['open'], self.answers[who]['open'])
                return subtract(*pair) if ours else subtract(*reversed(pair))
            here, there = differing(reference), differing(other)
            alone = subtract(here, there)
            out += [Piece(self, start, end, ours, False) for start, end in alone]
            out += [Piece(self, start, end, ours, True) for start, end in subtract(here, alone)]
        return sorted(out, key=lambda piece: piece.start)

    def explain(self, reference, piece=None):
        if self.error('ours') or self.error(reference):
            return f'ours {self.error("ours") or "accepted"}; {reference} {self.error(reference) or "accepted"}'
        piece = piece or self.pieces(reference)[0]
        return (f'{"ours" if piece.ours else reference} open {piece.first:%a %d %b %Y %H:%M} to {piece.last:%a %d %b %H:%M}, '
                f'{len(self.pieces(reference))} such; the other reference says so {"as" if piece.together else "not"} {reference}')


class Piece:
    """Minutes for which a reference differs from us all the way."""

    def __init__(self, case, start, end, ours, together):
        self.start, self.end = start, end
        self.ours = ours          # we are open, the reference is closed
        self.together = together  # the other reference says what this one says
        self.first, self.last = case.local(start), case.local(end)
        self.date = self.first.date()
        self.last_date = case.local(end - 1).date()


CLASSES = []


def disagreement(references, name, right, decides):
    def enter(predicate):
        CLASSES.append((references.split(), name, right, decides, predicate))
        return predicate
    return enter


def find(case, reference):
    """The names of the classes that explain all of a reference's difference, and the first piece that none does."""
    names = set()
    refused = case.error('ours') or case.error(reference)
    for piece in [None] if refused else case.pieces(reference):
        for references, name, _, _, predicate in CLASSES:
            if reference in references and (len(references) == 2 or not piece or not piece.together) and \
                    predicate(case, piece):
                names.add(name)
                break
        else:
            return names, piece, False
    return names, None, True


# ---- days and hours that are not like others ------------------------------------------------------------

PROCLAIMED = {datetime.date(*ymd) for ymd in ((2020, 5, 4), (2020, 5, 8), (2022, 5, 30), (2022, 6, 2), (2022, 6, 3),
                                              (2022, 9, 19), (2023, 5, 8))}


def holiday_near(case, date, disputed):
    """Is the date, or one that a PH offset or a window over midnight leads to it, a disputed holiday?"""
    reach = {0} | {int(n) for n in re.findall(r'PH\s*([+-]\s*\d+)', case.plain.replace('+ ', '+').replace('- ', '-'))}
    if any(rule.overnight for rule in case.rules):
        reach |= {n + 1 for n in reach}
    return any(disputed(date - n * DAY) for n in reach)


def every_day(piece, predicate):
    return all(predicate(piece.date + n * DAY) for n in range((piece.last_date - piece.date).days + 1))


@disagreement('js kde', 'holiday-at-weekend', 'ours',
              'GOV.UK: "If a bank holiday is on a weekend, a substitute weekday becomes a bank holiday"; both references '
              'take the Saturday or Sunday for a holiday beside its substitute')
def holiday_at_weekend(case, piece):
    def disputed(day):
        return (day.month, day.day) in ((1, 1), (12, 25), (12, 26)) and day.weekday() > 4
    return piece and 'PH' in case.plain and every_day(piece, lambda day: holiday_near(case, day, disputed))


@disagreement('js kde', 'holiday-proclaimed', 'ours',
              'the royal proclamations of 2020 (moved to 8 May), 2022 (2 and 3 June, 19 September) and 2023 (8 May): '
              'opening_hours.js has none of them, KHolidays of Debian 12 some')
def holiday_proclaimed(case, piece):
    return piece and 'PH' in case.plain and every_day(piece,
                                                      lambda day: holiday_near(case, day, PROCLAIMED.__contains__))


def changes(year):
    """The Sundays on which the clocks of London change."""
    for month in (3, 10):
        last = datetime.date(year, month, 31)
        yield last - (last.weekday() + 1) % 7 * DAY


@disagreement('js kde', 'clocks-change', 'ours',
              'include/core/hours.h: an hour that the clocks repeat holds twice, one that they skip has no time in it; '
              'the specification is silent, the references shift, lengthen or lose the windows of that night')
def clocks_change(case, piece):
    return piece and any(day <= piece.date <= day + DAY and
                         piece.last_date <= day + DAY and piece.end - piece.start <= 180 for day in changes(case.year))


@disagreement('kde', 'kde-clocks-change-sleeps', 'ours',
              'an interval that ends in the skipped hour has no end for KOpeningHours: the one before or after it lasts for days')
def kde_sleeps(case, piece):
    spring = next(changes(case.year))
    return piece and (piece.date == spring - DAY or not piece.ours) and (spring - 7 * DAY <= piece.date <= spring + DAY or
                                         piece.date <= spring <= piece.last_date)


@disagreement('js kde', 'night-belongs-to-its-day', 'ours',
              'design.md 6: a window over midnight belongs to the day it starts. The references cut it off at midnight '
              'where the next day has a rule of its own (opening_hours.js: any, KOpeningHours: off), and leave its '
              'tail standing where its own day is overridden')
def night(case, piece):
    tails = [end - 1440 if end > 1440 else end for rule in case.rules for start, end in rule.spans
             if end > 1440 or end < start]
    if not piece or len(case.rules) < 2 or not tails:
        return False
    minute = piece.first.hour * 60 + piece.first.minute
    return minute < max(tails) and piece.date == piece.last_date and \
        (piece.last.hour * 60 + piece.last.minute or 1440) <= max(tails)


@disagreement('js kde', 'leap-day-ends-range', 'ours',
              'include/core/hours.h: in a year without 29 February a range that ends there ends on the 28th; the '
              'references drop it')
def leap_day(case, piece):
    return piece and not case.leap and re.search(r'Feb \d\d-29|-\s*Feb 29', case.plain) and every_day(
        piece, lambda day: day.month <= 2)


# ---- refused here, understood there ----------------------------------------------------------------------

def refused(name, decides, pattern):
    @disagreement('js kde', 'refused-' + name, 'ours', decides)
    def predicate(case, _):
        return case.error('ours') and re.search(pattern, case.text)


refused('sun', 'design.md 6: what an access rule cannot mean is refused', 'sunrise|sunset|dawn|dusk')
refused('open-end', 'design.md 6: an access rule needs an end', r'\d\d:\d\d\+')
refused('unknown', 'design.md 6: a door is open or it is not', r'\bunknown\b')
refused('comment', 'specification, rule_modifier: a comment alone means unknown', r'(\d|\|\||^)\s*"[^"]*"')
refused('school', 'design.md 6: no calendar of school holidays', r'\bSH\b')
refused('points', 'specification, time_selector: a time alone is a point in time, not an interval',
        r'( |^)\d\d:\d\d(,\d\d:\d\d)*$|\d\d:\d\d/')
refused('spelling', 'specification, hour_minutes, wday, extended_hour: two digits, two letters, plain signs; the '
        'references mend what they read',
        r'\b\d-\d|\b\d:\d\d|\d\d\.\d\d|\dam|Mon|Monday| to |–|;$|^always$|^by appointment$')
refused('colon', 'specification, separator_for_readability: follows wide range selectors only', r'(Mo|Tu|We|Th|Fr|Sa|Su):')
refused('whole', 'specification, selector_sequence: 24/7 stands alone', r'24/7 \w|\w 24/7')
refused('separator', 'specification, time_domain: a separator stands between rules', r'\d \w\w \d')
refused('date-and-weekday', 'include/core/hours.h: refused as the specification leaves it open', r'\d\d\s*[-+]\s*(Mo|Tu|We|Th|Fr|Sa|Su)\b')
refused('weekday-in-range', 'specification, date_from: a day of a month or easter, not a weekday of a month',
        r'\]\s*-\s*[A-Z]|-[A-Z][a-z]{2} [A-Z][a-z]\[')
refused('step', 'specification, monthday_range: has no step', r'\d\d-\d\d/\d')
refused('year-left-open', 'include/core/hours.h: is the second date of the year of the first?', r'20\d\d \w\w\w \d\d,\w\w\w')


@disagreement('kde', 'kde-lenient', 'ours', 'specification, daynum and hour: no such day of a month, no such hour')
def kde_lenient(case, _):
    return case.error('ours') and not case.error('kde') and re.search(r'(Jan 32|Feb 30|Apr 31)|\b25:00-26', case.plain)


@disagreement('js kde', 'date-and-on', 'ours',
              'specification, monthday_range: <date_from> + is that date and all that follow; neither reference reads it')
def date_and_on(case, piece):
    return not piece and not case.error('ours') and re.search(r'20\d\d [A-Z][a-z]{2} \d\d\+', case.plain)


# ---- opening_hours.js --------------------------------------------------------------------------------------

@disagreement('js', 'js-grammar', 'ours',
              'specification, monthday_range: a year may stand before a month and before each end of a range; date_offset: '
              'days may be added to a date; opening_hours.js does not read these, nor 24/7 before a comma, nor Apr Sa[1,3]')
def js_grammar(case, _):
    return case.error('js') and not case.error('ours') and re.search(
        r'20\d\d [A-Z][a-z]{2}(\s*-| \d\d:| \d\d-[A-Z])|\d\d [+-]\d+ day|PH -[2-9] days|24/7,|[A-Z][a-z]{2} .*\]|\[.*,.*\]', case.plain)


@disagreement('js', 'js-easter-ends-range', 'ours',
              'specification, date_to: the end of a range belongs to it; opening_hours.js leaves it out for easter')
def js_easter(case, piece):
    return piece and re.search(r'-\s*easter', case.plain)


@disagreement('js kde', 'fallback-over-off', 'ours',
              'specification, fallback_rule: only where no rule before it matched; what is off has matched. '
              'opening_hours.js falls back there, KOpeningHours where a rule follows or the off has times')
def fallback_over_off(case, piece):
    fallback = [i for i, rule in enumerate(case.rules) if rule.joint == '||' and not rule.off]
    return piece and not piece.ours and fallback and any(rule.off for rule in case.rules[:fallback[-1]])


@disagreement('js', 'js-year-round', 'ours',
              'specification, monthday_range: Sep 01-Aug 31 runs over the end of the year to the day before its start: every '
              'day; for opening_hours.js no day')
def js_year_round(case, piece):
    return piece and piece.ours and any(
        (datetime.date(2023, MONTHS.index(c) + 1, int(d)) + DAY).timetuple()[1:3] == (MONTHS.index(a) + 1, int(b))
        for a, b, c, d in re.findall(r'([A-Z][a-z]{2}) (\d\d)-([A-Z][a-z]{2}) (\d\d)', case.plain))


@disagreement('js', 'js-nth-offset', 'ours',
              'specification, day_offset: counts from the nth weekday of a month; opening_hours.js loses some of them')
def js_nth(case, piece):
    return piece and re.search(r'\] [+-]\d+ day', case.plain)


# ---- KOpeningHours -------------------------------------------------------------------------------------------

@disagreement('kde', 'kde-gives-up', 'ours',
              'a year may have no such day (a fifth Monday, a holiday in June): KOpeningHours looks for the next until its '
              'recursion limit and has no answer')
def kde_gives_up(case, _):
    return not case.error('ours') and case.error('kde') == 'evaluation failed' and re.search(
        r'\[|PH|easter', case.plain)


@disagreement('kde', 'kde-off-wins', 'ours',
              'specification, normal_rule: a later rule overrides earlier ones; for KOpeningHours off always wins')
def kde_off(case, piece):
    return piece and piece.ours and any(rule.off for rule in case.rules[:-1])


@disagreement('kde', 'kde-always-wins', 'ours',
              'specification, normal_rule: a later rule overrides 24/7; KOpeningHours stops at it')
def kde_always(case, piece):
    return piece and not piece.ours and case.rules[0].always


@disagreement('kde', 'kde-same-days-add', 'ours',
              'specification, normal_rule: a later rule overrides earlier ones of the same days; KOpeningHours takes '
              'rules of equal selectors for one')
def kde_same(case, piece):
    days = [rule.days for rule in case.rules if not rule.off]
    return piece and not piece.ours and len(set(days)) < len(days)


@disagreement('kde', 'kde-two-days', 'ours',
              'specification, extended_hour: up to 48:00; KOpeningHours ends a window of 24 hours and more at midnight')
def kde_two_days(case, piece):
    return piece and piece.ours and any(end > 1440 and end - 1440 >= start for rule in case.rules for start, end in rule.spans)


@disagreement('kde', 'kde-leap-year', 'ours',
              'in a leap year KOpeningHours loses 29 February and what follows of the weekdays of a month')
def kde_leap(case, piece):
    return piece and case.leap and piece.date >= datetime.date(case.year, 2, 1) and re.search(r'\[|Feb', case.plain)


@disagreement('kde', 'kde-leap-day', 'ours',
              'a date that the year does not have selects nothing; KOpeningHours takes 29 February for every day')
def kde_leap_day(case, piece):
    return piece and not case.leap and 'Feb 29' in case.plain


@disagreement('kde', 'kde-week-year', 'ours',
              'specification, weeknum: ISO 8601 weeks; KOpeningHours loses them where the week-year is not the year')
def kde_week(case, piece):
    return piece and 'week' in case.plain


WEEKDAYS = re.compile('Mo|Tu|We|Th|Fr|Sa|Su')
MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()


@disagreement('kde', 'kde-over-new-year', 'ours',
              'specification, monthday_range: may run over the end of the year; KOpeningHours loses its first part')
def kde_new_year(case, piece):
    return piece and piece.ours and any(MONTHS.index(a) >= MONTHS.index(b) for a, b in
                                        re.findall(r'([A-Z][a-z]{2})(?: \d\d| [A-Z][a-z]\[-?\d\])?-(?:20\d\d )?([A-Z][a-z]{2})',
                                                   case.plain))


@disagreement('kde', 'kde-nth-offset', 'ours', 'specification, day_offset: counts from the nth weekday of each month')
def kde_nth(case, piece):
    return piece and re.search(r'\] [+-]\d+ day', case.plain)


@disagreement('kde', 'kde-fallback-off', 'ours',
              'specification, fallback_rule: "|| off" says nothing of times that are open; KOpeningHours closes them')
def kde_fallback(case, piece):
    return piece and piece.ours and re.search(r'\|\|[^|;]*(off|closed)', case.plain)


def wraps(days):
    """Does a range of weekdays run over the end of the week?"""
    names = 'Mo Tu We Th Fr Sa Su'.split()
    return any(names.index(a) > names.index(b) for a, b in
               re.findall('(Mo|Tu|We|Th|Fr|Sa|Su)-(Mo|Tu|We|Th|Fr|Sa|Su)', days))


@disagreement('kde', 'kde-off-over-week-end', 'ours',
              'specification, weekday_range: Sa-Mo runs over the end of the week; KOpeningHours loses days of it in off')
def kde_off_wraps(case, piece):
    return piece and not piece.ours and any(rule.off and wraps(rule.days) for rule in case.rules)


@disagreement('kde', 'kde-off-first-time', 'ours',
              'specification, time_selector: a list of times; of those that are off KOpeningHours takes the first')
def kde_off_first(case, piece):
    return piece and not piece.ours and any(rule.off and len(rule.spans) > 1 for rule in case.rules)


@disagreement('kde', 'kde-whole-day-wins', 'ours',
              'specification, normal_rule: a later rule overrides the days it matches, also where they were open all day')
def kde_whole_day(case, piece):
    return piece and not piece.ours and any(not rule.off and not rule.spans for rule in case.rules[:-1])


@disagreement('kde', 'kde-whole-days', 'ours',
              'specification, weekday_sequence: Su-We,Fr without times are whole days; KOpeningHours loses some of a list, and '
              'opens the rest of a range that the dates beside it cut')
def kde_whole_days(case, piece):
    return piece and any(not rule.off and not rule.spans and WEEKDAYS.search(rule.days) for rule in case.rules)


@disagreement('kde', 'kde-off-days-spill', 'ours',
              'specification, wide_range_selectors: weekdays count inside the dates; KOpeningHours closes the rest of a '
              'range of weekdays that the dates beside it cut')
def kde_off_spill(case, piece):
    return piece and piece.ours and any(rule.off and not rule.spans and re.search(r'^[A-Zew2].* .*-[A-Z][a-z](,|$)', rule.days)
                                        for rule in case.rules)


@disagreement('kde', 'kde-first-night', 'ours',
              'asked about 1 January 00:00, KOpeningHours overlooks what began on 31 December where a rule has several times')
def kde_first_night(case, piece):
    return piece and piece.ours and piece.date == datetime.date(case.year, 1, 1) and any(
        rule.overnight and len(rule.spans) > 1 for rule in case.rules)


@disagreement('kde', 'kde-evening-lost', 'ours',
              'specification, normal_rule: the later rule counts whole; of one over midnight KOpeningHours loses the evening')
def kde_evening(case, piece):
    return piece and piece.ours and any(rule.overnight for rule in case.rules[1:]) and piece.last_date == piece.date


@disagreement('kde', 'kde-comma-lost', 'ours',
              'specification, additional_rule: adds to what is there; KOpeningHours drops it where rules before override')
def kde_comma(case, piece):
    return piece and piece.ours and len(case.rules) > 2 and any(
        rule.joint == ',' and not rule.off for rule in case.rules[1:]) or \
        piece and piece.ours and any(rule.joint == ',' and 'PH' in rule.days for rule in case.rules)


@disagreement('kde', 'kde-fallback-lost', 'ours',
              'specification, fallback_rule: counts for all times of which no rule before it speaks; KOpeningHours looks at '
              'the first rules only, or at whole days')
def kde_fallback_lost(case, piece):
    return piece and piece.ours and any(rule.joint == '||' and not rule.off for rule in case.rules)


@disagreement('kde', 'kde-year-adds', 'ours',
              'specification, normal_rule: a later rule overrides; for KOpeningHours one that names a year sometimes adds')
def kde_year(case, piece):
    return piece and not piece.ours and any(re.match(r'20\d\d', rule.days) for rule in case.rules)


@disagreement('kde', 'kde-gap-stays-open', 'ours',
              'specification, normal_rule: a later rule overrides the whole day, also between two of its times; '
              'KOpeningHours leaves the earlier rule there where one of them runs to midnight or on')
def kde_gap(case, piece):
    return piece and not piece.ours and any(len(rule.spans) > 1 for rule in case.rules[1:]) and any(
        rule.overnight or any(end == 1440 for _, end in rule.spans) for rule in case.rules)


@disagreement('kde', 'kde-last-day', 'ours',
              'specification, normal_rule: on 31 December as on other days; KOpeningHours leaves the earlier rule')
def kde_last_day(case, piece):
    return piece and not piece.ours and (piece.date.month, piece.date.day) == (12, 31)


@disagreement('js kde', 'nth-offset-leaves-month', 'ours',
              'specification, day_offset: two days after the fifth Tuesday may lie in the next month')
def nth_leaves(case, piece):
    return piece and piece.ours and re.search(r'\] [+-]\d+ day', case.plain) and every_day(
        piece, lambda day: day.day <= 3 or day.day >= 28)


@disagreement('js kde', 'fallback-group', 'ours',
              'include/core/hours.h: rules are read from left to right, so off after a comma closes what any rule said; for '
              'opening_hours.js it belongs to the fallback before it (and for KOpeningHours 24/7 always wins)')
def fallback_group(case, piece):
    after = False
    for rule in case.rules:
        after = after and rule.joint == ',' or rule.joint == '||'
        if after and rule.joint == ',' and rule.off:
            return piece and not piece.ours
    return False


@disagreement('kde', 'kde-weekday-ends-range', 'ours',
              'a range that ends on the last Sunday of October; for KOpeningHours it ends with October')
def kde_weekday_range(case, piece):
    return piece and not piece.ours and re.search(r'-[A-Z][a-z]{2} [A-Z][a-z]\[', case.plain)


@disagreement('kde', 'kde-longer-than-any-window', 'ours',
              'no window of the expression is that long; KOpeningHours stays in an interval past its end')
def kde_longer(case, piece):
    if not piece or piece.ours or any(not rule.off and not rule.spans for rule in case.rules):
        return False
    start, end = next(i for i in case.answers['kde']['open'] if i[0] <= piece.start < i[1])
    return end - start > 1440 + max(last if last > first else last + 1440 for rule in case.rules for first, last in rule.spans)
