# SPDX-License-Identifier: Apache-2.0
"""Expressions made up from a seed: every selector, in every company that the language allows."""
import random

DAYS = 'Mo Tu We Th Fr Sa Su'.split()
MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()
LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def some(self, most, make):
        return ','.join(make() for _ in range(self.random.randint(1, most)))

    def times(self):
        count = self.pick(1, 1, 1, 2, 2, 3)
        points = sorted(self.random.sample(range(self.pick(0, 24, 32), 93), 2 * count))
        spans = []
        for i in range(count):
            start, end = points[2 * i] * 15, points[2 * i + 1] * 15
            if i == count - 1 and self.chance(0.12):
                end = self.pick(24 * 60, 25 * 60, 26 * 60 + 30, 30 * 60)
            spans.append('%02d:%02d-%02d:%02d' % (*divmod(start, 60), *divmod(end, 60)))
        if self.chance(0.08):
            return self.pick('22:00-02:00', '18:30-00:30', '20:00-06:00', '00:00-24:00')
        return ','.join(spans)

    def weekday(self):
        first = self.random.randrange(7)
        if self.chance(0.5):
            return DAYS[first] + '-' + DAYS[(first + self.random.randint(1, 6)) % 7]
        return DAYS[first]

    def nth(self):
        which = self.pick('1', '2', '3', '4', '5', '-1', '-2', '1,3', '2,4', '1-2')
        return f'{self.pick(*DAYS)}[{which}]' + (self.pick(' +1 day', ' -1 day', ' +2 days') if self.chance(0.1) else '')

    def weekdays(self):
        if self.chance(0.12):
            return self.nth()
        if self.chance(0.12):
            return 'PH' + (' ' + self.weekday() if self.chance(0.3) else '')
        days = self.some(2, self.weekday)
        return days + ',PH' if self.chance(0.08) else days

    def date(self, month=None):
        month = self.random.randrange(12) if month is None else month
        return f'{MONTHS[month]} {self.random.randint(1, LENGTHS[month]):02d}'

    def easter(self):
        return 'easter' + self.pick('', '', ' -2 days', ' +1 day', ' +39 days', ' -1 day')

    def dates(self):
        kind = self.random.random()
        if kind < 0.30:
            return self.some(2, lambda: self.pick(*MONTHS))
        if kind < 0.55:
            first = self.random.randrange(12)
            return f'{MONTHS[first]}-{MONTHS[(first + self.random.randint(1, 11)) % 12]}'
        if kind < 0.75:
            return self.some(2, self.date)
        if kind < 0.92:
            first = self.random.randrange(12)
            return f'{self.date(first)}-{self.date((first + self.random.randint(1, 11)) % 12)}'
        return self.easter()

    def weeks(self):
        first = self.random.randint(1, 50)
        return 'week ' + self.pick(f'{first:02d}', f'{first:02d}-{self.random.randint(first + 1, 53)}',
                                   f'{self.pick("01", "02")}-53/2')

    def selectors(self):
        words = []
        if self.chance(0.05):
            words.append(self.pick('2024', '2025', '2026', '2027-2029', '2026+', '2024-2030/2'))
        if self.chance(0.3) and not words:
            words.append(self.dates())
        elif self.chance(0.08):
            words.append(self.weeks())
        if self.chance(0.7) or not words:
            words.append(self.weekdays())
        return ' '.join(words)

    def rule(self, first):
        if first and self.chance(0.04):
            return '24/7'
        if first and self.chance(0.1):
            return self.times()
        if not first and self.chance(0.3):
            return self.selectors() + ' ' + self.pick('off', 'off', 'closed', self.times() + ' off')
        return self.selectors() + ('' if self.chance(0.05) else ' ' + self.times())

    def expression(self):
        text = self.rule(True)
        for _ in range(self.pick(0, 0, 1, 1, 1, 2, 2, 3)):
            # after a rule without times a comma would go on with its days
            comma = [', '] * 2 if text[-3:-2] == ':' else []
            text += self.pick('; ', '; ', '; ', '; ', '; ', ' || ', *comma) + self.rule(False)
        return text
